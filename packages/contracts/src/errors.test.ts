import { describe, expect, it } from "vitest";
import { LowrankError } from "./errors.ts";

class ExampleError extends LowrankError {
  constructor(options?: { cause?: unknown }) {
    super("EXAMPLE", "An example.", options);
  }
}

describe("LowrankError", () => {
  it("carries its code, its subclass's name and its cause", () => {
    const cause = new Error("below");
    const error = new ExampleError({ cause });
    expect([error.code, error.name, error.cause]).toEqual(["EXAMPLE", "ExampleError", cause]);
  });

  it("has a message of bounded length without control characters, whatever a file put into it", () => {
    const error = new LowrankError("EXAMPLE", `No "\u001b]0;title\u0007\u202e"\n  at all: ${"x".repeat(1_000_000)}`);
    expect(error.message).toMatch(/^No "\\u001b\]0;title\\u0007\\u202e"\n {2}at all: x+… \(and \d+ more characters\)$/);
    expect(error.message.length).toBeLessThan(16_100);
    expect(error.stack).not.toContain("\u001b");
  });

  it("recognizes an error made by another copy of the package", () => {
    const foreign = Object.assign(new Error("x"), { [Symbol.for("lowrank.error")]: true });
    expect(LowrankError.isInstance(foreign)).toBe(true);
  });

  it("does not accept other errors", () => {
    expect(LowrankError.isInstance(new Error("x"))).toBe(false);
    expect(LowrankError.isInstance(null)).toBe(false);
  });
});
