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

/** `size` is the canvas size of a drawing; without it, the canvas has the size of the layout. */
const EMPTY = { strokes: [], picture: null, size: null };

export class Pad {
  /**
   * @param {() => void} onEdit called before the user changes the content
   * @param {() => void} onChange called when the content has changed
   * @param {(message: string) => void} say announces the pen to screen readers
   */
  constructor(onEdit, onChange, say) {
    this.canvas = document.getElementById("paper");
    this.pen = document.getElementById("pen");
    this.hint = document.getElementById("hint");
    this.thickness = document.getElementById("thickness");
    this.context = this.canvas.getContext("2d", { willReadFrequently: true });
    this.onEdit = onEdit;
    this.onChange = onChange;
    this.say = say;
    this.state = EMPTY;
    this.past = [];
    this.held = new Set();
    this.keyStroke = null;
    this.narrow = matchMedia("(max-width: 860px)");
    this.narrow.addEventListener("change", () => this.draw());
    this.paint();
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
    this.onEdit();
    if (!this.empty) this.change(EMPTY);
  }

  undo() {
    this.onEdit();
    this.endKeyStroke();
    if (this.undoable) this.replace(this.past.pop());
  }

  /** Load a picture of the user. It is shown when the server has decoded it. */
  showPicture(bytes) {
    this.onEdit();
    this.change({ ...EMPTY, picture: { bytes, image: null } });
  }

  /** Show a frame of the camera; all frames of a capture are one step of `undo`. */
  showFrame(bytes, image, first) {
    const state = { ...EMPTY, picture: { bytes, image } };
    if (first) this.change(state);
    else this.replace(state);
  }

  /** Show the picture as the server decoded it: an image or a canvas. */
  setImage(image) {
    if (!this.state.picture) return;
    this.state.picture.image = image;
    this.paint();
  }

  change(state) {
    this.endKeyStroke();
    this.past.push(this.state);
    this.replace(state);
  }

  replace(state) {
    this.state = state;
    this.draw();
  }

  draw() {
    this.paint();
    this.onChange();
  }

  /** Set the size of the canvas, and put the keyboard's pen where a first digit begins. */
  resize(width, height) {
    Object.assign(this.canvas, { width, height });
    this.cursor = [width / 2, height / 4];
    if (!this.pen.hidden) this.showPen();
  }

  paint() {
    const { canvas, context, state } = this;
    const size = state.size ?? (this.narrow.matches ? NARROW : WIDE);
    if (canvas.width !== size[0] || canvas.height !== size[1]) this.resize(...size);
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
    this.onEdit();
    const kept = this.state.picture ? [] : this.state.strokes;
    const stroke = { points: [point, [...point]], width: Number(this.thickness.value) };
    const size = [this.canvas.width, this.canvas.height];
    this.change({ strokes: [...kept, stroke], picture: null, size });
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
    // The browser would drag the canvas if it is selected, as after Control+A.
    canvas.addEventListener("dragstart", (event) => event.preventDefault());
  }

  listenToKeys() {
    const { canvas, held } = this;
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
    const { canvas, cursor, pen } = this;
    pen.hidden = false;
    pen.classList.toggle("down", this.keyStroke !== null);
    pen.style.left = `${(100 * cursor[0]) / canvas.width}%`;
    pen.style.top = `${(100 * cursor[1]) / canvas.height}%`;
  }
}
