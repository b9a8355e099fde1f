// The base class of all errors that lowrank packages throw on purpose.

import { escapeControls } from "./messages.ts";

const beginning = "version https://git-lfs.github.com/spec/";

/** If a file's text or first bytes (8 are enough) are a Git LFS pointer: a description with the remedy, for messages ("it is …"). */
export function describeLfsPointer(start: Uint8Array | string): string | undefined {
  const text = typeof start === "string" ? start : String.fromCharCode(...start.subarray(0, beginning.length));
  const shared = Math.min(text.length, beginning.length);
  if (shared < 8 || text.slice(0, shared) !== beginning.slice(0, shared)) return undefined;
  return "a Git LFS pointer, not the file itself (run `git lfs pull` in its repository, or download the file)";
}

const marker = Symbol.for("lowrank.error");

/** Longer messages are truncated, so that an untrusted file cannot fill a log. */
const longestMessage = 16_000;

/**
 * An error with a stable code. Every lowrank package throws it for failures that a caller may want to handle.
 *
 * Subclasses have the facts (file, tensor, got, expected) as read-only fields, so that a program never has to parse a message.
 * Control characters in a message are escaped, and it is truncated at 16 000 characters. Names from files must pass `printable`
 * or `listed`. `LowrankError.isInstance` also recognizes errors of another installed copy of this package.
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
 * if (!LowrankError.isInstance(error) || error.code !== "RANK_TOO_LARGE") throw new Error("not recognized");
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

  /**
   * Whether a value is a LowrankError of this or any other copy of the package; with a code, whether it has that code. `Facts` are
   * the fields that errors with this code have.
   */
  static isInstance<Facts extends object = object>(value: unknown, code?: string): value is LowrankError & Facts {
    if (typeof value !== "object" || value === null || !(marker in value)) return false;
    return code === undefined || Reflect.get(value, "code") === code;
  }
}

function bounded(message: string): string {
  const rest = message.length - longestMessage;
  return rest > 0 ? `${message.slice(0, longestMessage)}… (and ${rest} more characters)` : message;
}

type Facts = Readonly<Record<string, unknown>>;

/** An error with a code and its facts as fields, for errors that nobody catches by class. The fact `cause` becomes the error's cause. */
export function failure<Own extends Facts>(code: string, message: string, facts: Own): LowrankError & Own {
  return Object.assign(new LowrankError(code, message, facts), facts);
}

/** A problem that the caller should show to a person, while the work continues. */
export interface Warning {
  /** Stable name in capitals, for programs. */
  readonly code: string;
  readonly message: string;
}

/** Receives warnings. Without a listener, warnings are dropped. */
export type WarningListener = (warning: Warning) => void;
