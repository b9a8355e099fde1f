import { describe, expect, it } from "vitest";
import { keepProcessListeners } from "./start-engine.ts";

describe("keepProcessListeners", () => {
  it("takes off what a loader added and leaves the program's own listeners", async () => {
    const own = () => {};
    process.on("unhandledRejection", own);
    const before = process.listeners("unhandledRejection");
    await keepProcessListeners(async () => process.on("unhandledRejection", () => {}));
    expect(process.listeners("unhandledRejection")).toEqual(before);
    process.removeListener("unhandledRejection", own);
  });
});
