// Every error this package throws on purpose.

import { LowrankError } from "@lowrank/contracts";

/** A tensor came in with a shape that an operation cannot use. */
export class ShapeError extends LowrankError {
  constructor(
    readonly where: string,
    readonly got: readonly number[],
    readonly expected: string,
  ) {
    super("SHAPE_MISMATCH", `${where} got a tensor of shape [${got.join(", ")}] but needs ${expected}.`);
  }
}

/** A number came in that an operation cannot use. */
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

/** Something was used after its `dispose()`. */
export class DisposedError extends LowrankError {
  constructor(readonly what: string) {
    super("DISPOSED", `${what} was used after it had been disposed of. Load or create it again.`);
  }
}

/** A value that lives inside one engine was used while another computes. */
export class OtherEngineError extends LowrankError {
  constructor(
    readonly owner: string,
    readonly current: string,
    readonly bits: 8 | 16 = 16,
  ) {
    super(
      "OTHER_ENGINE",
      `A weight of ${bits}-bit numbers that ${owner} keeps was used while the backend "${current}" computes. Load the model again after changing the engine.`,
    );
  }
}

/** An engine was asked for by a name that does not exist. */
export class UnknownEngineError extends LowrankError {
  constructor(
    readonly engine: string,
    readonly known: readonly string[],
    readonly askedBy: string,
  ) {
    super(
      "UNKNOWN_ENGINE",
      `There is no engine "${engine}" (asked for by ${askedBy}). Choose one of: ${known.join(", ")}.`,
    );
  }
}

/** No engine could be started. */
export class NoEngineError extends LowrankError {
  constructor(readonly skipped: readonly { readonly name: string; readonly reason: string }[]) {
    const reasons = skipped.map(({ name, reason }) => `  ${name}: ${reason}`).join("\n");
    const triedWasm = skipped.some(({ name }) => name === "wasm");
    const advice = triedWasm ? "Mend one of them" : "Mend that, or leave the choice open";
    super("NO_ENGINE", `No TensorFlow.js engine could be started:\n${reasons}\n${advice}: wasm works everywhere.`);
  }
}

/** A call into the native library could not be made or did not succeed. The process and its tensors are unharmed. */
export class NativeCallError extends LowrankError {
  constructor(
    readonly what: string,
    readonly reason: string,
  ) {
    super("NATIVE_CALL_FAILED", `${what} was refused by the native engine: ${reason}.`);
  }
}
