/** Shows one digit in 28 x 28 pixels, and how the answer changes when a part of it is covered. */
import { Bars } from "./answer.js";
import { grayPicture, percent } from "./pixels.js";

const SIDE = 28;
const SCALE = 10;
const HEAT = [255, 120, 20];
const MIN_RANGE = 0.5;

function logOdds(probability) {
  const p = Math.min(1 - 1e-6, Math.max(1e-6, probability));
  return Math.log(p / (1 - p));
}

export class Occlusion {
  constructor() {
    this.canvas = document.getElementById("seen");
    this.context = this.canvas.getContext("2d");
    this.text = document.getElementById("occlusion");
    this.heat = document.getElementById("heat");
    this.bars = new Bars("occluded");
    this.digit = null;
    this.heat.addEventListener("change", () => this.paint());
    this.canvas.addEventListener("pointermove", (event) => {
      const { left, top, width } = this.canvas.getBoundingClientRect();
      const scale = SIDE / width;
      this.moveTo(scale * (event.clientY - top), scale * (event.clientX - left));
    });
    this.canvas.addEventListener("pointerleave", () => this.moveTo(null));
    this.canvas.addEventListener("blur", () => this.moveTo(null));
    this.canvas.addEventListener("keydown", (event) => this.onKey(event));
  }

  /** Show a digit (Uint8Array of 784 pixels) and the classifier's ten probabilities. */
  show(digit, probabilities) {
    this.digit = digit;
    this.probabilities = probabilities;
    this.told = this.patch = null;
    this.paint();
  }

  /** Store the server's reply: the probabilities for every patch. */
  setPatches(told) {
    this.told = told;
    this.map = this.heatMap();
    this.paint();
  }

  get best() {
    return this.probabilities.indexOf(Math.max(...this.probabilities));
  }

  /** For each pixel, the drop in log-odds of the answer, averaged over the patches covering it. */
  heatMap() {
    const { side, step, patch, probabilities } = this.told;
    const [sums, counts] = [new Float32Array(SIDE * SIDE), new Float32Array(SIDE * SIDE)];
    const usual = logOdds(this.probabilities[this.best]);
    for (let place = 0; place < side * side; place += 1) {
      const [row, column] = [Math.floor(place / side), place % side];
      const fall = Math.max(0, usual - logOdds(probabilities[row][column][this.best]));
      for (let pixel = 0; pixel < patch * patch; pixel += 1) {
        const y = row * step + Math.floor(pixel / patch);
        const at = y * SIDE + column * step + (pixel % patch);
        sums[at] += fall;
        counts[at] += 1;
      }
    }
    const means = sums.map((sum, at) => sum / Math.max(1, counts[at]));
    const range = Math.max(MIN_RANGE, ...means);
    return means.map((mean) => mean / range);
  }

  /** Move the patch to a row and column of pixels; null removes it. */
  moveTo(row, column) {
    if (!this.told) return;
    const { side, step, patch } = this.told;
    const nearest = (at) => Math.max(0, Math.min(side - 1, Math.round((at - patch / 2) / step)));
    this.patch = row === null ? null : [nearest(row), nearest(column)];
    this.paint();
  }

  onKey(event) {
    const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    if (!this.told || !(event.key in moves)) return;
    event.preventDefault();
    const { side } = this.told;
    const middle = Math.floor(side / 2);
    const start = this.patch ?? [middle, middle];
    this.patch = start.map((at, axis) => Math.max(0, Math.min(side - 1, at + moves[event.key][axis])));
    this.paint();
  }

  paint() {
    if (!this.digit) return;
    const { context } = this;
    context.imageSmoothingEnabled = false;
    context.drawImage(grayPicture(this.digit, SIDE, SIDE), 0, 0, SIDE * SCALE, SIDE * SCALE);
    if (this.told && this.heat.checked) this.paintHeat();
    if (this.patch) this.paintPatch();
    this.explain();
  }

  paintHeat() {
    this.map.forEach((part, at) => {
      this.context.fillStyle = `rgb(${HEAT.join(" ")} / ${0.85 * part})`;
      this.context.fillRect((at % SIDE) * SCALE, Math.floor(at / SIDE) * SCALE, SCALE, SCALE);
    });
  }

  paintPatch() {
    const { step, patch } = this.told;
    const [y, x] = this.patch.map((at) => at * step * SCALE);
    this.context.fillStyle = "#000";
    this.context.fillRect(x, y, patch * SCALE, patch * SCALE);
    this.context.strokeStyle = "#6cc0f5";
    this.context.lineWidth = 2;
    this.context.strokeRect(x + 1, y + 1, patch * SCALE - 2, patch * SCALE - 2);
  }

  explain() {
    const { best, probabilities } = this;
    if (!this.patch) {
      this.bars.show(probabilities);
      this.text.textContent = this.told ? this.worst() : "";
      return;
    }
    const [row, column] = this.patch;
    const after = this.told.probabilities[row][column];
    const now = after.indexOf(Math.max(...after));
    this.bars.show(after, { before: probabilities, unsure: now !== best });
    const change = `${best}: ${percent(probabilities[best])} → ${percent(after[best])}`;
    this.text.textContent = now === best ? change : `${change}, now most likely a ${now}`;
  }

  /** Describe the effect of the most important patch in words. */
  worst() {
    const { best } = this;
    const all = this.told.probabilities.flat();
    const lowest = all.reduce((least, one) => (one[best] < least[best] ? one : least));
    return `${best}: ${percent(this.probabilities[best])}; ${percent(lowest[best])} with the most important patch covered`;
  }
}
