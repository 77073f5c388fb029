/** Saves labelled drawings: a data set for `digitnet train --from cnn`. */
import { ask, Refused } from "./api.js";

const kept = document.getElementById("kept");

/**
 * Set up the ten buttons that save what is on the pad with its label.
 * @param {import("./pad.js").Pad} pad
 * @returns {() => void} enables the buttons if there is a drawing
 */
export function keepDrawings(pad) {
  const buttons = [..."0123456789"].map((digit) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = digit;
    button.disabled = true;
    button.addEventListener("click", async () => {
      try {
        const told = await ask(`/drawings?digit=${digit}`, pad.bytes);
        kept.textContent = `Saved as ${told.path}: ${told.count} of ${digit} so far.`;
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        kept.textContent = error.message;
      }
    });
    return button;
  });
  document.getElementById("keep").append(...buttons);
  return () => buttons.forEach((button) => Object.assign(button, { disabled: pad.empty }));
}

/** Say where drawings are saved, and how to train on them. */
export async function adviseOnKeeping() {
  const { folder, counts } = await ask("/drawings");
  const count = counts.reduce((sum, one) => sum + one);
  kept.textContent = count
    ? `${count} in ${folder}/. To train on them: digitnet train --from cnn --dataset ${folder}`
    : `Saved drawings go to ${folder}/: with 5 to 50 of each digit, cnn can learn your handwriting.`;
}
