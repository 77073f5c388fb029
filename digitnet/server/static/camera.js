/** Picture input: a file, the clipboard, drag and drop, or the camera. */

const FRAME_WIDTH = 960;

/** Receive pictures that are dropped anywhere, pasted, or chosen with the button. */
export function receivePictures(take) {
  const pad = document.getElementById("pad");
  const file = document.getElementById("file");
  const takeFirst = async (files) => {
    if (files?.length) take(new Uint8Array(await files[0].arrayBuffer()));
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
 * @param {(frame: ImageData) => Promise<void>} takeFrame
 * @param {(problem: string) => void} tell
 */
export function useCamera(takeFrame, tell) {
  const button = document.getElementById("camera");
  let stream = null;
  let running = false; // from the permission prompt to the last frame
  const press = (pressed) => {
    button.setAttribute("aria-pressed", String(pressed));
    button.querySelector("span").textContent = pressed ? "Capture" : "Camera";
  };
  const stop = () => {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    press(false);
  };
  const run = async () => {
    const video = document.createElement("video");
    Object.assign(video, { srcObject: stream, muted: true, playsInline: true });
    await video.play();
    const scale = Math.min(1, FRAME_WIDTH / video.videoWidth);
    const size = [Math.round(scale * video.videoWidth), Math.round(scale * video.videoHeight)];
    const canvas = new OffscreenCanvas(...size);
    const context = canvas.getContext("2d", { willReadFrequently: true });
    while (stream) {
      context.drawImage(video, 0, 0, ...size);
      await takeFrame(context.getImageData(0, 0, ...size));
    }
  };
  button.addEventListener("click", async () => {
    if (stream) {
      stop();
      return;
    }
    if (running) return;
    running = true;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      press(true);
      await run();
    } catch {
      stop();
      tell("The camera cannot be used: allow it in the browser, and open the page at localhost.");
    } finally {
      running = false;
    }
  });
  return stop;
}
