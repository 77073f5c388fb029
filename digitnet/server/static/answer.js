/** Shows the answer: in large type, symbol by symbol, as boxes on the drawing, and as ten bars. */
import { percent } from "./pixels.js";

const UNSURE = "?";
const SVG = "http://www.w3.org/2000/svg";
const DIGITS = [..."0123456789"];

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function kindOf(symbol) {
  if (symbol === UNSURE) return "unsure";
  return DIGITS.includes(symbol) ? "sure" : "mark";
}

/** A bar chart of the ten probabilities; `before` marks their previous values. */
export class Bars {
  constructor(id) {
    this.list = document.getElementById(id);
    this.rows = DIGITS.map((digit) => {
      const [value, fill, before] = ["value", "fill", "before"].map((className) =>
        element("span", { className }),
      );
      const track = element("span", { className: "track" }, fill, before);
      const item = element("li", {}, value, track, element("span", { textContent: digit }));
      this.list.append(item);
      return { item, value, fill, before };
    });
  }

  show(probabilities, { unsure = false, before = null } = {}) {
    const best = probabilities?.length ? probabilities.indexOf(Math.max(...probabilities)) : -1;
    this.list.classList.toggle("doubt", unsure);
    this.rows.forEach((row, digit) => {
      const probability = probabilities?.[digit] ?? 0;
      row.item.classList.toggle("best", digit === best);
      row.fill.style.height = `${100 * probability}%`;
      row.before.hidden = !before;
      if (before) row.before.style.height = `${100 * before[digit]}%`;
      row.value.textContent = probability >= 0.005 ? percent(probability).replace(" %", "") : "";
    });
    const told = DIGITS.filter((_, digit) => probabilities?.[digit] >= 0.005);
    const words = told.map((digit) => `${digit}: ${percent(probabilities[digit])}`);
    this.list.setAttribute("aria-description", words.join(", ") || "nothing");
  }
}

export class Answer {
  /** @param {(index: number) => void} onChoose called when the user selects a symbol */
  constructor(onChoose) {
    this.text = document.getElementById("answer");
    this.confidence = document.getElementById("confidence");
    this.symbols = document.getElementById("symbols");
    this.boxes = document.getElementById("boxes");
    this.bars = new Bars("bars");
    this.onChoose = onChoose;
  }

  /** Ask the user to draw a number. */
  showNothing() {
    this.text.className = "waiting";
    this.text.textContent = "Draw a number";
    this.confidence.textContent = "";
    this.symbols.replaceChildren();
    this.boxes.replaceChildren();
    this.bars.show(null);
  }

  /**
   * @param {object} answer from the server
   * @param {number} chosen index of the selected symbol
   * @param {{scale: number, x: number, y: number}} place of the picture on the canvas
   * @param {HTMLCanvasElement} paper
   */
  show(answer, chosen, place, paper) {
    const { boxes, digits, text, raw } = answer;
    this.text.className = digits ? "" : "waiting";
    this.text.replaceChildren(
      ...(digits ? [...text] : ["No digit"]).map((symbol) =>
        element("span", { className: kindOf(symbol), textContent: symbol }),
      ),
    );
    this.confidence.textContent = confidenceOf(answer, digits.includes(UNSURE) ? raw : null);
    const focused = [...this.symbols.children].indexOf(document.activeElement);
    this.symbols.replaceChildren(
      ...boxes.map((box, index) => {
        const button = element(
          "button",
          { type: "button", className: kindOf(box.symbol), title: `show ${box.symbol}` },
          box.symbol,
          element("small", { textContent: percent(box.confidence) }),
        );
        button.setAttribute("aria-pressed", String(index === chosen));
        button.addEventListener("click", () => this.onChoose(index));
        return button;
      }),
    );
    if (focused >= 0) this.symbols.children[Math.min(focused, boxes.length - 1)]?.focus();
    this.drawBoxes(boxes, chosen, place, paper);
    const box = boxes[chosen];
    this.bars.show(box?.probabilities, { unsure: box?.symbol === UNSURE });
  }

  drawBoxes(boxes, chosen, { scale, x, y }, { width, height }) {
    this.boxes.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.boxes.replaceChildren(
      ...boxes.flatMap((box, index) => {
        const kind = kindOf(box.symbol);
        const frame = document.createElementNS(SVG, "rect");
        const size = { x: x + scale * box.x, y: y + scale * box.y, width: scale * box.width, height: scale * box.height, rx: 4 };
        Object.entries(size).forEach(([name, value]) => frame.setAttribute(name, value));
        frame.setAttribute("class", index === chosen ? `${kind} chosen` : kind);
        const label = document.createElementNS(SVG, "text");
        const above = size.y > 30;
        label.setAttribute("x", size.x + size.width / 2);
        label.setAttribute("y", above ? size.y - 7 : Math.min(height - 6, size.y + size.height + 22));
        label.setAttribute("font-size", 22);
        label.setAttribute("class", kind);
        label.textContent = box.symbol;
        return [frame, label];
      }),
    );
  }
}

/** Describe the confidence of the answer in words. */
export function confidenceOf(answer, likeliest = null) {
  if (!answer.digits) return "No digit found.";
  const sure = `${percent(answer.confidence)} confidence that the answer is right.`;
  return likeliest === null ? sure : `${sure} Most likely: ${likeliest}`;
}
