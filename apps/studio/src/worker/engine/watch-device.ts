// Notices when the graphics card is gone: the driver was reset, or the browser took it away. What lay on it is lost.

import { LowrankError } from "@lowrank/contracts";
import * as tf from "@tensorflow/tfjs-core";
import type { Workshop } from "../workshop.ts";

/** The card was lost, and all that was computed on it. */
export class DeviceLostError extends LowrankError {
  constructor(
    readonly reason: string,
    options?: { readonly cause?: unknown },
  ) {
    super(
      "DEVICE_LOST",
      `The browser lost the graphics card (${reason || "it gives no reason"}). Try again, or choose another engine: the model is opened anew, and what was kept is still there.`,
      options,
    );
  }
}

/** Remembers the loss in the workshop, should it come. */
export function watchDevice(workshop: Workshop): void {
  const device: unknown = Reflect.get(tf.backend(), "device");
  if (typeof device !== "object" || device === null || !("lost" in device)) return;
  const { engine } = workshop;
  (device.lost as Promise<{ readonly message: string }>).then(({ message }) => {
    if (workshop.engine === engine) workshop.lostDevice = message;
  });
}
