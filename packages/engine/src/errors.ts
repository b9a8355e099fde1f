// Every error this package throws on purpose.

import { LowrankError } from "@lowrank/contracts";
import { failure } from "@lowrank/contracts/internal";

/** A tensor has a wrong shape for this operation. Pass a tensor of the expected shape. */
export function shapeError(where: string, got: readonly number[], expected: string) {
  return failure("SHAPE_MISMATCH", `${where} got a tensor of shape [${got.join(", ")}] but needs ${expected}.`, {
    where,
    got,
    expected,
  });
}

/** An argument has an invalid value. Pass a value as the message expects. */
export class ArgumentError extends LowrankError {
  constructor(
    readonly where: string,
    readonly argument: string,
    readonly got: unknown,
    readonly expected: string,
  ) {
    super("INVALID_ARGUMENT", `${where} got ${argument} = ${String(got)} but needs ${expected}.`);
  }
}

/** A value was used after its `dispose()`. Load or create it again. */
export function disposedError(what: string) {
  return failure("DISPOSED", `${what} was used after it had been disposed of. Load or create it again.`, { what });
}

/** A weight of one engine was used while another engine is active. Load the model again after changing the engine. */
export function otherEngineError(owner: string, current: string, bits: 4 | 8 | 16 = 16) {
  return failure(
    "OTHER_ENGINE",
    `A ${bits}-bit weight of the engine ${owner} was used while the backend "${current}" is active. Load the model again after changing the engine.`,
    { owner, current, bits },
  );
}

/** There is no engine of this name. Choose one of the engines in the message. */
export function unknownEngineError(engine: string, known: readonly string[], origin: string) {
  return failure(
    "UNKNOWN_ENGINE",
    `There is no engine "${engine}" (set by ${origin}). Choose one of: ${known.join(", ")}.`,
    { engine, known, origin },
  );
}

/** No engine could be started. Correct one of the listed reasons; wasm works everywhere. */
export function noEngineError(skipped: readonly { readonly name: string; readonly reason: string }[]) {
  const reasons = skipped.map(({ name, reason }) => `  ${name}: ${reason}`).join("\n");
  const triedWasm = skipped.some(({ name }) => name === "wasm");
  const advice = triedWasm ? "Correct one of them" : "Correct that, or name no engine";
  return failure(
    "NO_ENGINE",
    `No TensorFlow.js engine could be started:\n${reasons}\n${advice}: wasm works everywhere.`,
    { skipped },
  );
}

/** WebGPU in Node cannot read a tensor synchronously. Await the tensor's `data()`, or choose another engine. */
export function synchronousReadError() {
  return failure(
    "SYNCHRONOUS_READ",
    "WebGPU in Node cannot read a tensor synchronously, as mixtures of experts and initializations from weights need. Await the tensor's data(), or choose another engine.",
    {},
  );
}

/** A call of the native library failed; the process and its tensors are unharmed. Check the reason, or choose another engine. */
export function nativeCallError(what: string, reason: string) {
  return failure("NATIVE_CALL_FAILED", `${what} failed in the native engine: ${reason}.`, { what, reason });
}
