// Pictures from files and from the camera, as squares of the size that the model reads.

import * as tf from "@tensorflow/tfjs-core";
import { side } from "./backbone.ts";

/** The middle of what the source shows. */
function squareOf(source: CanvasImageSource, width: number, height: number): HTMLCanvasElement {
  const canvas = emptySquare();
  const size = Math.min(width, height);
  const [x, y] = [(width - size) / 2, (height - size) / 2];
  canvas.getContext("2d")?.drawImage(source, x, y, size, size, 0, 0, side, side);
  return canvas;
}

export function emptySquare(): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  return canvas;
}

export async function fromFile(file: File): Promise<HTMLCanvasElement> {
  const bitmap = await createImageBitmap(file);
  try {
    return squareOf(bitmap, bitmap.width, bitmap.height);
  } finally {
    bitmap.close();
  }
}

/** Requests the camera and shows it in `video`. */
export async function openCamera(video: HTMLVideoElement): Promise<void> {
  video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "user" } });
  await video.play();
}

export const fromCamera = (video: HTMLVideoElement) => squareOf(video, video.videoWidth, video.videoHeight);

/** [pictures, side, side, 3], from 0 to 255. */
export function tensorOf(pictures: readonly HTMLCanvasElement[]): tf.Tensor4D {
  return tf.tidy(() => tf.stack(pictures.map((one) => tf.cast(tf.browser.fromPixels(one), "float32"))) as tf.Tensor4D);
}
