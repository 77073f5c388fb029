/** The page: sends the drawing to the server and shows, step by step, how it was read. */
import { Answer, confidenceOf } from "./answer.js";
import { ask, Refused, withQuery } from "./api.js";
import { receivePictures, useCamera } from "./camera.js";
import { adviseOnKeeping, keepDrawings } from "./keep.js";
import { noteOn, showLayers } from "./layers.js";
import { Occlusion } from "./occlusion.js";
import { Pad } from "./pad.js";
import { darkMode, decode, toPgm } from "./pixels.js";
import { showLines } from "./reader.js";

/** Milliseconds without a change before the answer is announced and occlusion is computed. */
const QUIET_MS = 250;

/** Drawings that are read at the same time: the complete one need not wait for one before it. */
const MAX_READING = 2;

const at = (id) => document.getElementById(id);
const problem = (text) => { at("problem").textContent = text; };
const say = (text) => { at("spoken").textContent = text; };

let model = null;
let told = null; // the server's answer for the drawing
let layers = null; // and for the selected digit
let chosen = 0;
let changes = 0; // version of the drawing, to detect outdated answers
let sent = -1; // the latest version that was sent
let shown = -1; // and the latest that is answered
let reading = 0;
let looks = 0; // number of the latest look at a digit, to detect outdated replies
let quiet = 0;
let offering = null;

const pad = new Pad(() => stopCamera(), changed, say);
const answer = new Answer(choose);
const occlusion = new Occlusion();
const stopCamera = useCamera(takeFrame, problem);
const updateKeep = keepDrawings(pad);

function changed() {
  changes += 1;
  nextLook();
  setBusy(true);
  at("undo").disabled = !pad.undoable;
  at("clear").disabled = pad.empty;
  updateKeep();
  read();
}

/** Mark whether the answer still belongs to the previous drawing. */
function setBusy(waiting) {
  at("answer").setAttribute("aria-busy", String(waiting));
}

/** Run `work`, which sends requests. If one is rejected, show the reason unless it is outdated. */
async function telling(work, isCurrent = () => true, show = problem) {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (isCurrent()) show(error.message);
  }
}

/** Send the drawing, at once or as soon as one of the drawings that are being read is answered. */
async function read() {
  if (reading === MAX_READING) return;
  reading += 1;
  try {
    while (sent !== changes) {
      const version = changes;
      sent = version;
      if (pad.empty) showNothing();
      else await telling(() => watch(version), () => version === changes, showRefusal);
    }
  } finally {
    reading -= 1;
  }
}

async function watch(version) {
  await offerModels();
  if (version !== changes) return; // it changed while the models were requested
  const unseen = pad.state.picture && !pad.state.picture.image;
  const path = withQuery("/watch", { model, picture: unseen ? "yes" : null });
  const received = await ask(path, pad.bytes);
  const image = new Image();
  if (unseen) {
    image.src = `data:image/png;base64,${received.picture}`;
    await image.decode();
  }
  if (version < shown || (version !== changes && unseen)) return;
  shown = version;
  if (unseen) pad.setImage(image);
  problem("");
  const before = told?.answer.boxes.length;
  told = received;
  const count = told.answer.boxes.length;
  if (count !== before) chosen = Math.max(0, count - 1); // select the latest symbol
  showAnswer();
  setBusy(version !== changes);
  if (version === changes) await look(nextLook()); // a newer drawing does not wait for the layers
}

function showNothing() {
  shown = changes;
  told = layers = null;
  answer.showNothing();
  problem("");
  setBusy(false);
  nextLook();
  at("steps").hidden = true;
  at("nothing").hidden = false;
}

/** Show why the drawing has no answer. */
function showRefusal(message) {
  showNothing();
  problem(message);
}

function showAnswer() {
  const { picture } = pad.state;
  const reduced = picture?.image ? picture.image.width / told.width : 1;
  const place = { ...pad.place, scale: pad.place.scale * reduced };
  answer.show(told.answer, chosen, place, pad.canvas);
  at("nothing").hidden = true;
  showReading();
}

/** Show the first steps, fitted to the width of the page. Without ink, there are no steps. */
function showReading() {
  at("steps").hidden = !findSeen();
  if (at("steps").hidden) return;
  at("ink").src = `data:image/png;base64,${told.ink}`;
  at("reader").hidden = !told.lines.length;
  showLines(at("lines"), told);
}

/** Find the 28 x 28 pixels of the selected digit, or else of another; null if there is no ink. */
function findSeen() {
  return told.seen[chosen] ?? told.seen.find(Boolean) ?? told.whole;
}

/** Discard outstanding replies about a digit; returns a function: has no other look begun since? */
function nextLook() {
  looks += 1;
  clearTimeout(quiet);
  const number = looks;
  return () => number === looks;
}

/** Show the selected digit: its 28 x 28 pixels, the layers and, after a pause, occlusion. */
async function look(isCurrent) {
  at("seen-note").textContent = told.seen.some(Boolean)
    ? `The input of ${model}: the digit scaled to 20 × 20 pixels, with its centre of mass in the middle.`
    : `No digit was found. This would be the input of ${model} if the drawing were one digit.`;
  const seen = findSeen();
  const digit = seen ? decode(seen) : null;
  layers = null;
  if (digit) {
    const received = await ask(withQuery("/layers", { model }), digit);
    if (!isCurrent()) return;
    layers = { ...received, digit };
    at("network").textContent = model;
    at("layers-note").textContent = noteOn(layers.layers);
    occlusion.show(digit, layers.probabilities);
    showLayers(at("layers"), layers.layers, digit);
  }
  quiet = setTimeout(() => telling(() => rest(digit, isCurrent), isCurrent), QUIET_MS);
}

/** Announce the answer and show occlusion. */
async function rest(digit, isCurrent) {
  say(`${told.answer.text || "No digit"}. ${confidenceOf(told.answer)}`);
  if (!digit) return;
  const patches = await ask(withQuery("/occlusion", { model }), digit);
  if (isCurrent()) occlusion.setPatches(patches);
}

function choose(index) {
  chosen = index;
  showAnswer();
  const isCurrent = nextLook();
  telling(() => look(isCurrent), isCurrent);
}

/** Adapt what depends on the width of the page and on its colours. */
function repaint() {
  if (!told) return;
  showReading();
  if (layers) showLayers(at("layers"), layers.layers, layers.digit);
}

/** Show a frame of the camera and wait until it has been read. */
async function takeFrame(frame, first) {
  const image = new OffscreenCanvas(frame.width, frame.height);
  image.getContext("2d").putImageData(frame, 0, 0);
  pad.showFrame(toPgm(frame), image, first);
  while (reading) await new Promise(requestAnimationFrame);
}

/** Offer the classifiers, before the first drawing is read; after a failure, try again. */
function offerModels() {
  offering ??= showModels().catch((error) => {
    offering = null;
    throw error;
  });
  return offering;
}

async function showModels() {
  const { models } = await ask("/models");
  const classifiers = models.filter((one) => one.kind === "classifier");
  model = classifiers[0].name;
  const labels = classifiers.map(({ name, network, parameters }) => {
    const input = Object.assign(document.createElement("input"), { type: "radio", name: "model", value: name, checked: name === model });
    const label = document.createElement("label");
    label.title = `${network}, ${parameters.toLocaleString("en")} weights`;
    label.append(input, name);
    input.addEventListener("change", () => {
      model = name;
      changed();
    });
    return label;
  });
  at("models").append(...labels);
}

at("undo").addEventListener("click", () => pad.undo());
at("clear").addEventListener("click", () => pad.clear());
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "z") pad.undo();
  else if (event.key === "Delete") pad.clear();
  else return;
  event.preventDefault();
});
receivePictures((bytes) => pad.showPicture(bytes), problem);
addEventListener("resize", repaint);
darkMode.addEventListener("change", repaint);
at("address").textContent = `${location.origin}/`;

changed();
telling(offerModels);
telling(adviseOnKeeping);
