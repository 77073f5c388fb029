/** Picture input: a file, the clipboard, drag and drop, or the camera. */

const FRAME_WIDTH = 960;

/**
 * Receive pictures that are dropped anywhere, pasted, or chosen with the button.
 * @param {(bytes: Uint8Array) => void} take
 * @param {(problem: string) => void} tell
 */
export function receivePictures(take, tell) {
  const pad = document.getElementById("pad");
  const file = document.getElementById("file");
  const takeFirst = async (files) => {
    if (!files?.length) return;
    let bytes;
    try {
      bytes = await files[0].arrayBuffer();
    } catch {
      tell("The file cannot be read: choose a picture, not a folder.");
      return;
    }
    take(new Uint8Array(bytes));
  };
  document.getElementById("open").addEventListener("click", () => file.click());
  file.addEventListener("change", async () => {
    await takeFirst(file.files);
    file.value = "";
  });
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    pad.classList.add("dropping");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) pad.classList.remove("dropping");
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    pad.classList.remove("dropping");
    takeFirst(event.dataTransfer.files);
  });
  document.addEventListener("paste", (event) => takeFirst(event.clipboardData.files));
}

/**
 * Set up the camera button. While it is pressed, frames are read one after another; the last stays.
 * @param {(frame: ImageData, first: boolean) => Promise<void>} takeFrame
 * @param {(problem: string) => void} tell
 * @returns {() => void} stops the camera, also while the browser still asks for permission
 */
export function useCamera(takeFrame, tell) {
  const button = document.getElementById("camera");
  let capture = null; // AbortController, from the permission prompt on
  const isPressed = () => button.getAttribute("aria-pressed") === "true";
  const press = (pressed) => {
    button.setAttribute("aria-pressed", String(pressed));
    button.querySelector("span").textContent = pressed ? "Capture" : "Camera";
  };
  const stop = () => {
    capture?.abort();
    capture = null;
    press(false);
  };
  const run = async (signal) => {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    const release = () => stream.getTracks().forEach((track) => track.stop());
    if (signal.aborted) {
      release();
      return;
    }
    signal.addEventListener("abort", release);
    press(true);
    const video = document.createElement("video");
    Object.assign(video, { srcObject: stream, muted: true, playsInline: true });
    await video.play();
    const scale = Math.min(1, FRAME_WIDTH / video.videoWidth);
    const size = [Math.round(scale * video.videoWidth), Math.round(scale * video.videoHeight)];
    const canvas = new OffscreenCanvas(...size);
    const context = canvas.getContext("2d", { willReadFrequently: true });
    for (let first = true; !signal.aborted; first = false) {
      context.drawImage(video, 0, 0, ...size);
      await takeFrame(context.getImageData(0, 0, ...size), first);
    }
  };
  button.addEventListener("click", async () => {
    if (isPressed()) {
      stop();
      return;
    }
    if (capture) return; // the browser still asks for permission
    capture = new AbortController();
    const { signal } = capture;
    try {
      await run(signal);
    } catch {
      if (signal.aborted) return;
      stop();
      tell("The camera cannot be used: allow it in the browser, and open the page at localhost.");
    }
  });
  return stop;
}
