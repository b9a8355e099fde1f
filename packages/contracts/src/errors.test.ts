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

  it("recognises an error made by another copy of the package", () => {
    const foreign = Object.assign(new Error("x"), { [Symbol.for("lowrank.error")]: true });
    expect(LowrankError.isInstance(foreign)).toBe(true);
  });

  it("does not take any error for its own", () => {
    expect(LowrankError.isInstance(new Error("x"))).toBe(false);
    expect(LowrankError.isInstance(null)).toBe(false);
  });
});
