/** Shows the reader's input lines, each with its probabilities below, column by column. */
import { decode, darkMode, grayPicture, painted } from "./pixels.js";

const ROWS = 32;
const PAPER = 100;
const INK = 200;
const MIN_PROBABILITY = 0.05;
const MARGIN = 46;
const ROW_HEIGHT = 15;
const ABOVE = 22;
const NAMES = { " ": "gap", "#": "other", ".": "point", ",": "comma" };
const MAX_SCALE = 4;
const MIN_SCALE = 1.25;

/** Columns of a canvas at least: CSS reduces it in a narrower place. */
const MIN_COLUMNS = 16;

function gray(level) {
  return Math.max(0, Math.min(255, 255 - ((level - PAPER + 25) * 255) / (INK - PAPER + 25)));
}

/** Show the lines, fitted to the width of the element. */
export function showLines(place, told) {
  const room = place.clientWidth;
  const strips = told.lines.map((line, index) => strip(line, index, told, room));
  if (told.more_lines) {
    const more = document.createElement("p");
    more.className = "note";
    more.textContent = `and ${told.more_lines} more`;
    strips.push(more);
  }
  place.replaceChildren(...strips.flat());
}

/** Draw a line, split into several canvases if it is too wide for the page. */
function strip(line, index, told, room) {
  const columns = decode(line.probabilities);
  const kinds = columns.length / line.columns;
  const picture = grayPicture(decode(line.image), line.width, ROWS, gray);
  const fitting = (room - MARGIN) / line.width;
  const scale = Math.max(MIN_SCALE, Math.min(MAX_SCALE, fitting));
  const each = Math.max(MIN_COLUMNS, Math.floor((room - MARGIN) / (2 * scale)));
  const parts = [];
  for (let start = 0; start < line.columns; start += each) {
    const end = Math.min(line.columns, start + each);
    parts.push(part(line, { start, end, scale, columns, kinds, picture, symbols: told.symbols }));
  }
  const read = line.read.map((one) => one.symbol).join("");
  parts.forEach((canvas) => {
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `Line ${index + 1} as the reader saw it: ${read || "nothing"}`);
  });
  return parts;
}

function part(line, { start, end, scale, columns, kinds, picture, symbols }) {
  const most = (symbol) => {
    let value = 0;
    for (let at = start; at < end; at += 1) value = Math.max(value, columns[kinds * at + symbol]);
    return value / 255;
  };
  const rows = [...symbols].map((_, symbol) => symbol).filter((symbol) => most(symbol) >= MIN_PROBABILITY);
  const wide = 2 * scale * (end - start);
  const ratio = devicePixelRatio;
  const canvas = document.createElement("canvas");
  const height = ABOVE + ROWS * scale + ROW_HEIGHT * rows.length;
  canvas.className = "strip";
  canvas.width = ratio * (MARGIN + wide);
  canvas.height = ratio * height;
  canvas.style.width = `${MARGIN + wide}px`;
  const context = canvas.getContext("2d");
  const styles = getComputedStyle(document.documentElement);
  const text = styles.getPropertyValue("--text");
  context.scale(ratio, ratio);
  context.translate(MARGIN, ABOVE);
  context.imageSmoothingEnabled = false;
  context.fillStyle = "#b9c0c8";
  context.fillRect(0, 0, wide, ROWS * scale);
  context.drawImage(picture, 2 * start, 0, 2 * (end - start), ROWS, 0, 0, wide, ROWS * scale);
  const below = ROWS * scale;
  if (rows.length) {
    const heat = painted(end - start, rows.length, (x, y) => columns[kinds * (start + x) + rows[y]] / 255);
    context.drawImage(heat, 0, below, wide, ROW_HEIGHT * rows.length);
  }
  context.fillStyle = text;
  context.font = "12px system-ui, sans-serif";
  context.textAlign = "right";
  context.textBaseline = "middle";
  rows.forEach((symbol, row) => {
    const name = NAMES[symbols[symbol]] ?? symbols[symbol];
    context.fillText(name, -7, below + ROW_HEIGHT * (row + 0.5));
  });
  context.textAlign = "center";
  context.font = "600 16px system-ui, sans-serif";
  context.strokeStyle = darkMode.matches ? "#ffffff" : "#16202c";
  line.read.forEach((one) => {
    const middle = (one.start + one.end) / 2;
    const row = rows.indexOf(symbols.indexOf(one.symbol));
    if (middle < start || middle >= end || row < 0) return;
    const left = 2 * scale * (one.start - start);
    const across = 2 * scale * (one.end - one.start);
    context.fillText(one.symbol === " " ? "␣" : one.symbol, left + across / 2, -ABOVE / 2 + 1);
    context.strokeRect(left + 0.5, below + ROW_HEIGHT * row + 0.5, across - 1, ROW_HEIGHT - 1);
  });
  return canvas;
}
