/** Saves labelled drawings: a data set for `digitnet train --from cnn`. */
import { ask, Refused } from "./api.js";

/**
 * Set up the ten buttons that save what is on the pad with its label.
 * @param {import("./pad.js").Pad} pad
 */
export async function keepDrawings(pad) {
  const place = document.getElementById("keep");
  const kept = document.getElementById("kept");
  const advise = (folder, count) => {
    kept.textContent = count
      ? `${count} in ${folder}/. To train on them: digitnet train --from cnn --dataset ${folder}`
      : `Saved drawings go to ${folder}/: with 5 to 50 of each digit, cnn can learn your handwriting.`;
  };
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
  place.append(...buttons);
  const { folder, counts } = await ask("/drawings");
  advise(folder, counts.reduce((sum, count) => sum + count));
  return () => buttons.forEach((button) => Object.assign(button, { disabled: pad.empty }));
}
