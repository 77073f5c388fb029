/**
 * The drawing area: strokes by mouse, finger, pen or keyboard, or a picture. Its content changes
 * only through `change`, so that every change can be undone, including clearing.
 */
import { toPgm } from "./pixels.js";

const WIDE = [720, 420];
const NARROW = [540, 440];
const INK = "#111";
const PAPER = "#fff";
const KEY_STEP = 6;
const SMALL_KEY_STEP = 2;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const EMPTY = { strokes: [], picture: null };

export class Pad {
  /**
   * @param {() => void} onChange called when the content changes
   * @param {(message: string) => void} say announces the pen to screen readers
   */
  constructor(onChange, say) {
    this.canvas = document.getElementById("paper");
    this.pen = document.getElementById("pen");
    this.hint = document.getElementById("hint");
    this.thickness = document.getElementById("thickness");
    this.context = this.canvas.getContext("2d", { willReadFrequently: true });
    this.onChange = onChange;
    this.say = say;
    this.state = EMPTY;
    this.past = [];
    this.held = new Set();
    this.keyStroke = null;
    const narrow = matchMedia("(max-width: 860px)");
    this.resize(narrow.matches);
    narrow.addEventListener("change", () => {
      this.resize(narrow.matches);
      this.onChange();
    });
    this.listenToPointers();
    this.listenToKeys();
  }

  get empty() {
    return !this.state.strokes.length && !this.state.picture;
  }

  get undoable() {
    return this.past.length > 0;
  }

  /** The bytes to send: those of the picture file, or the drawing. */
  get bytes() {
    return this.state.picture?.bytes ?? this.snapshot();
  }

  /** The canvas as a PGM image. */
  snapshot() {
    return toPgm(this.context.getImageData(0, 0, this.canvas.width, this.canvas.height));
  }

  clear() {
    this.endKeyStroke();
    if (!this.empty) this.change(EMPTY);
  }

  undo() {
    this.endKeyStroke();
    if (!this.undoable) return;
    this.state = this.past.pop();
    this.draw();
  }

  /** Load a picture of the user. It is shown when the server has decoded it. */
  showPicture(bytes) {
    this.change({ strokes: [], picture: { bytes, image: null } });
  }

  /** Show the picture as the server decoded it: an image or a canvas. */
  setImage(image) {
    if (!this.state.picture) return;
    this.state.picture.image = image;
    this.paint();
  }

  change(state) {
    this.past.push(this.state);
    this.state = state;
    this.draw();
  }

  draw() {
    this.paint();
    this.onChange();
  }

  resize(narrow) {
    [this.canvas.width, this.canvas.height] = narrow ? NARROW : WIDE;
    this.paint();
  }

  paint() {
    const { canvas, context, state } = this;
    this.hint.hidden = !this.empty;
    if (state.picture?.image) {
      const { width, height } = state.picture.image;
      const scale = Math.min(canvas.width / width, canvas.height / height);
      this.place = { scale, x: (canvas.width - scale * width) / 2, y: (canvas.height - scale * height) / 2 };
    } else {
      this.place = { scale: 1, x: 0, y: 0 };
    }
    context.fillStyle = PAPER;
    context.fillRect(0, 0, canvas.width, canvas.height);
    if (state.picture?.image) {
      const { image } = state.picture;
      const { scale, x, y } = this.place;
      context.drawImage(image, x, y, scale * image.width, scale * image.height);
    }
    state.strokes.forEach((stroke) => this.paintStroke(stroke));
  }

  paintStroke({ points, width }) {
    const { context } = this;
    context.strokeStyle = INK;
    context.lineWidth = width;
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    context.moveTo(...points[0]);
    // Curves through the midpoints between samples, as handwriting has no corners there.
    for (let i = 1; i < points.length - 1; i += 1) {
      const [x, y] = points[i];
      const [nextX, nextY] = points[i + 1];
      context.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
    }
    context.lineTo(...points.at(-1));
    context.stroke();
  }

  begin(point) {
    const kept = this.state.picture ? [] : this.state.strokes;
    const stroke = { points: [point, [...point]], width: Number(this.thickness.value) };
    this.change({ strokes: [...kept, stroke], picture: null });
    return stroke;
  }

  listenToPointers() {
    const { canvas } = this;
    let stroke = null;
    let pointer = null;
    const at = (event) => {
      const { left, top, width } = canvas.getBoundingClientRect();
      const scale = canvas.width / width;
      return [scale * (event.clientX - left), scale * (event.clientY - top)];
    };
    canvas.addEventListener("pointerdown", (event) => {
      if (pointer !== null || event.button !== 0) return;
      pointer = event.pointerId;
      canvas.setPointerCapture(pointer);
      this.endKeyStroke();
      stroke = this.begin(at(event));
    });
    canvas.addEventListener("pointermove", (event) => {
      if (event.pointerId !== pointer) return;
      const events = event.getCoalescedEvents?.() ?? [];
      stroke.points.push(...(events.length ? events : [event]).map(at));
      this.draw();
    });
    const end = (event) => {
      if (event.pointerId === pointer) pointer = null;
    };
    canvas.addEventListener("pointerup", end);
    canvas.addEventListener("pointercancel", end);
  }

  listenToKeys() {
    const { canvas, held } = this;
    this.cursor = [canvas.width / 2, canvas.height / 4];
    canvas.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key in ARROWS) {
        held.add(event.key);
        this.move(event.shiftKey ? SMALL_KEY_STEP : KEY_STEP);
      } else if (event.key === " ") {
        if (!event.repeat) this.togglePen();
      } else if (event.key === "Escape" && this.keyStroke) {
        this.endKeyStroke();
      } else {
        return;
      }
      event.preventDefault();
    });
    canvas.addEventListener("keyup", (event) => held.delete(event.key));
    canvas.addEventListener("blur", () => {
      held.clear();
      this.endKeyStroke();
      this.pen.hidden = true;
    });
    canvas.addEventListener("focus", () => {
      if (canvas.matches(":focus-visible")) this.showPen();
    });
  }

  move(step) {
    this.held.forEach((key) => {
      ARROWS[key].forEach((direction, axis) => {
        const end = axis ? this.canvas.height : this.canvas.width;
        this.cursor[axis] = Math.max(0, Math.min(end, this.cursor[axis] + step * direction));
      });
    });
    this.showPen();
    if (this.keyStroke) {
      this.keyStroke.points.push([...this.cursor]);
      this.draw();
    }
  }

  togglePen() {
    if (this.keyStroke) {
      this.endKeyStroke();
    } else {
      this.keyStroke = this.begin([...this.cursor]);
      this.say("Pen down");
    }
    this.showPen();
  }

  endKeyStroke() {
    if (!this.keyStroke) return;
    this.keyStroke = null;
    this.pen.classList.remove("down");
    this.say("Pen up");
  }

  showPen() {
    const scale = this.canvas.clientWidth / this.canvas.width;
    this.pen.hidden = false;
    this.pen.classList.toggle("down", this.keyStroke !== null);
    this.pen.style.left = `${scale * this.cursor[0]}px`;
    this.pen.style.top = `${scale * this.cursor[1]}px`;
  }
}
