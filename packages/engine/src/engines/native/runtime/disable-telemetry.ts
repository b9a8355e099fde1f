// Official builds of ONNX Runtime from 1.29 on tell their maker, on Linux and macOS too, what they run and where:
// https://github.com/microsoft/onnxruntime/blob/main/docs/Privacy.md. Training is nobody's business.

import type { Koffi } from "./koffi.ts";

const keepWhatIsSet = 0;

/**
 * Tells ONNX Runtime to collect nothing. Called before it is loaded: as it starts, it would write a device id and report
 * the process. What the user has set ORT_DISABLE_TELEMETRY to stays.
 */
export function disableTelemetry(koffi: Koffi): void {
  if (process.platform === "win32") return; // reads no variable; its events are switched off once there is an environment
  // C's own function, since process.env is a copy in a worker thread and the library reads the process's.
  const setenv = koffi.load(null).func("setenv", "int", ["str", "str", "int"]);
  setenv("ORT_DISABLE_TELEMETRY", "1", keepWhatIsSet);
}
