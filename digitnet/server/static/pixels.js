/** Base64 decoding, PGM encoding, and the colours of activations. */

export function decode(text, Type = Uint8Array) {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  return new Type(bytes.buffer);
}

/** Encode pixels as a grayscale PGM in about a millisecond; `toBlob` would be queued. */
export function toPgm(pixels) {
  const { width, height, data } = pixels;
  const head = new TextEncoder().encode(`P5 ${width} ${height} 255\n`);
  const file = new Uint8Array(head.length + width * height);
  file.set(head);
  for (let from = 0, to = head.length; to < file.length; from += 4, to += 1) {
    file[to] = (77 * data[from] + 150 * data[from + 1] + 29 * data[from + 2]) >> 8;
  }
  return file;
}

export const darkMode = matchMedia("(prefers-color-scheme: dark)");

const LIGHT = { none: [236, 241, 246], more: [0, 79, 128], less: [196, 84, 0] };
const DARK = { none: [30, 41, 52], more: [132, 206, 255], less: [255, 158, 92] };

/** Write the RGBA colour of a value from -1 (orange) through 0 (pale) to 1 (blue). */
export function colour(value, rgba, at) {
  const palette = darkMode.matches ? DARK : LIGHT;
  const end = value < 0 ? palette.less : palette.more;
  const part = Math.min(1, Math.abs(value));
  for (let channel = 0; channel < 3; channel += 1) {
    rgba[at + channel] = palette.none[channel] + part * (end[channel] - palette.none[channel]);
  }
  rgba[at + 3] = 255;
}

/** Create a canvas whose pixels have the colours of `paint(x, y)`, a value from -1 to 1. */
export function painted(width, height, paint) {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  for (let y = 0, at = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, at += 4) colour(paint(x, y), image.data, at);
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

/** Create a grayscale canvas from bytes; `level` maps a byte to 0 (black) .. 255 (white). */
export function grayPicture(bytes, width, height, level = (byte) => byte) {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  bytes.forEach((byte, index) => {
    image.data.fill(level(byte), 4 * index, 4 * index + 3);
    image.data[4 * index + 3] = 255;
  });
  context.putImageData(image, 0, 0);
  return canvas;
}

export function percent(probability) {
  const hundredths = 100 * probability;
  if (hundredths > 99.9 && probability < 1) return "> 99.9 %";
  return `${hundredths < 9.95 ? hundredths.toFixed(1) : Math.round(hundredths * 10) / 10} %`;
}
