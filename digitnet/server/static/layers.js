/** Shows the activations of a classifier's layers: feature maps, neurons, or states row by row. */
import { decode, grayPicture, painted } from "./pixels.js";

const SIDE = 28;
const NEURON = 10;
const STATE_ROW = 6;
const NARROW = 600;

/** Gamma correction that makes weak activations visible. */
const GAMMA = 0.6;

const NOTES = {
  maps: "Each small picture is the feature map of one filter (blue: strong response). The further down, the smaller the picture, and the more of the digit each point has seen.",
  neurons: "Each square is a neuron that is connected to the whole previous layer; blue neurons are active.",
  states: "The network reads the digit row by row, once from above and once from below. Each row of colours is its state after that row: blue is positive, orange negative.",
};

/** Explain in words what the layers of a network show. */
export function noteOn(layers) {
  return layers.length ? NOTES[layers[0].shown] : "The layers of this network cannot be shown.";
}

/** Show the layers, each as wide as the page allows. */
export function showLayers(place, layers, digit) {
  const room = place.clientWidth;
  place.replaceChildren(...layers.map((layer) => figureOf(layer, digit, room)));
}

function figureOf(layer, digit, room) {
  const values = decode(layer.values, Int8Array);
  const [canvas, about] = { maps, neurons, states }[layer.shown](layer.shape, values, room, digit);
  const figure = document.createElement("figure");
  const caption = document.createElement("figcaption");
  const name = document.createElement("b");
  name.textContent = layer.name;
  caption.append(name, ` ${about}, the strongest ${layer.peak.toFixed(1)}`);
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `${layer.name}: ${about}`);
  figure.className = "layer";
  figure.append(caption, canvas);
  return figure;
}

function strengthened(level) {
  return Math.sign(level) * (Math.abs(level) / 127) ** GAMMA;
}

function canvasOf(width, height) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  return [canvas, context];
}

function maps([count, height, width], values, room) {
  const scale = room < NARROW ? Math.max(2, Math.round(22 / width)) : Math.max(3, Math.round(32 / width));
  const pitch = width * scale + 3;
  const down = Math.ceil(count / Math.max(1, Math.floor((room + 3) / pitch)));
  const across = Math.ceil(count / down); // rows of equal length
  const [canvas, context] = canvasOf(across * pitch - 3, down * (height * scale + 3) - 3);
  for (let map = 0; map < count; map += 1) {
    const start = map * height * width;
    const picture = painted(width, height, (x, y) => strengthened(values[start + y * width + x]));
    const x = (map % across) * pitch;
    const y = Math.floor(map / across) * (height * scale + 3);
    context.drawImage(picture, x, y, width * scale, height * scale);
  }
  return [canvas, `${count} maps of ${height} × ${width}`];
}

function neurons([count], values, room) {
  const most = Math.floor(room / NEURON);
  const across = most >= 64 ? 64 : 32;
  const size = Math.max(2, Math.min(NEURON + 4, Math.floor(room / across)));
  const down = Math.ceil(count / across);
  const [canvas, context] = canvasOf(across * size, down * size);
  const picture = painted(across, down, (x, y) => strengthened(values[y * across + x] ?? 0));
  for (let index = 0; index < count; index += 1) {
    const [x, y] = [index % across, Math.floor(index / across)];
    context.drawImage(picture, x, y, 1, 1, x * size, y * size, size - 1, size - 1);
  }
  return [canvas, `${count} neurons`];
}

function states([rows, units], values, room, digit) {
  const left = SIDE * STATE_ROW + 10;
  const scale = Math.max(2, Math.min(10, Math.floor((room - left) / units)));
  const [canvas, context] = canvasOf(left + units * scale, rows * STATE_ROW);
  const seen = grayPicture(digit, SIDE, SIDE);
  context.drawImage(seen, 0, 0, SIDE * STATE_ROW, SIDE * STATE_ROW);
  const picture = painted(units, rows, (x, y) => values[y * units + x] / 127);
  context.drawImage(picture, left, 0, units * scale, rows * STATE_ROW);
  return [canvas, `the states of ${units} neurons after each of ${rows} rows`];
}
