// Every error this package throws on purpose.

import { LowrankError } from "@lowrank/contracts";

/** A tensor has a wrong shape for this operation. Pass a tensor of the expected shape. */
export class ShapeError extends LowrankError {
  constructor(
    readonly where: string,
    readonly got: readonly number[],
    readonly expected: string,
  ) {
    super("SHAPE_MISMATCH", `${where} got a tensor of shape [${got.join(", ")}] but needs ${expected}.`);
  }
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
export class DisposedError extends LowrankError {
  constructor(readonly what: string) {
    super("DISPOSED", `${what} was used after it had been disposed of. Load or create it again.`);
  }
}

/** A weight of one engine was used while another engine is active. Load the model again after changing the engine. */
export class OtherEngineError extends LowrankError {
  constructor(
    readonly owner: string,
    readonly current: string,
    readonly bits: 4 | 8 | 16 = 16,
  ) {
    super(
      "OTHER_ENGINE",
      `A ${bits}-bit weight of the engine ${owner} was used while the backend "${current}" is active. Load the model again after changing the engine.`,
    );
  }
}

/** There is no engine of this name. Choose one of the engines in the message. */
export class UnknownEngineError extends LowrankError {
  constructor(
    readonly engine: string,
    readonly known: readonly string[],
    readonly origin: string,
  ) {
    super("UNKNOWN_ENGINE", `There is no engine "${engine}" (set by ${origin}). Choose one of: ${known.join(", ")}.`);
  }
}

/** No engine could be started. Correct one of the listed reasons; wasm works everywhere. */
export class NoEngineError extends LowrankError {
  constructor(readonly skipped: readonly { readonly name: string; readonly reason: string }[]) {
    const reasons = skipped.map(({ name, reason }) => `  ${name}: ${reason}`).join("\n");
    const triedWasm = skipped.some(({ name }) => name === "wasm");
    const advice = triedWasm ? "Correct one of them" : "Correct that, or name no engine";
    super("NO_ENGINE", `No TensorFlow.js engine could be started:\n${reasons}\n${advice}: wasm works everywhere.`);
  }
}

/** WebGPU in Node cannot read a tensor synchronously. Await the tensor's `data()`, or choose another engine. */
export class SynchronousReadError extends LowrankError {
  constructor() {
    super(
      "SYNCHRONOUS_READ",
      "WebGPU in Node cannot read a tensor synchronously, as mixtures of experts and initializations from weights need. Await the tensor's data(), or choose another engine.",
    );
  }
}

/** A call of the native library failed; the process and its tensors are unharmed. Check the reason, or choose another engine. */
export class NativeCallError extends LowrankError {
  constructor(
    readonly what: string,
    readonly reason: string,
  ) {
    super("NATIVE_CALL_FAILED", `${what} failed in the native engine: ${reason}.`);
  }
}
