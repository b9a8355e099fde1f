// The base of every error that a lowrank package throws on purpose.

import { escapeControls } from "./messages.ts";

const marker = Symbol.for("lowrank.error");

/** Longer messages are cut: nobody reads them, and a log should not grow by what a stranger's file says. */
const longestMessage = 16_000;

/**
 * An error with a stable code, thrown by every lowrank package for whatever a caller may want to handle.
 *
 * Subclasses carry the facts (file, tensor, got, expected) as read-only fields, so that a program never has to parse
 * a message. Control characters in a message are made visible, and it is cut at 16 000 characters; names from files go
 * into it through `printable` and `listed`. `LowrankError.isInstance` also recognises errors made by another installed copy of this package.
 *
 * @example
 * ```ts
 * import { LowrankError } from "@lowrank/contracts";
 *
 * class RankTooLargeError extends LowrankError {
 *   constructor(readonly path: string, readonly rank: number, readonly limit: number) {
 *     super("RANK_TOO_LARGE", `Cannot adapt "${path}" with rank ${rank}: its weight is only ${limit} wide.`);
 *   }
 * }
 * const error = new RankTooLargeError("h.0.attn.c_attn", 1024, 768);
 * if (!LowrankError.isInstance(error) || error.code !== "RANK_TOO_LARGE") throw new Error("not recognised");
 * ```
 */
export class LowrankError extends Error {
  /** Stable name of the failure in capitals, for programs. */
  readonly code: string;
  readonly [marker] = true;

  constructor(code: string, message: string, options?: { readonly cause?: unknown }) {
    super(bounded(escapeControls(message)), options);
    this.name = new.target.name;
    this.code = code;
  }

  /** Whether a value is a LowrankError of this or any other copy of the package. */
  static isInstance(value: unknown): value is LowrankError {
    return typeof value === "object" && value !== null && marker in value;
  }
}

function bounded(message: string): string {
  const rest = message.length - longestMessage;
  return rest > 0 ? `${message.slice(0, longestMessage)}… (and ${rest} characters more)` : message;
}
