import { describe, expect, it } from "vitest";
import { withoutNewListeners } from "./keep-process-listeners.ts";

describe("withoutNewListeners", () => {
  it("removes a loader's listeners and keeps the program's own", async () => {
    const own = () => {};
    process.on("unhandledRejection", own);
    const before = process.listeners("unhandledRejection");
    await withoutNewListeners(async () => process.on("unhandledRejection", () => {}));
    expect(process.listeners("unhandledRejection")).toEqual(before);
    process.removeListener("unhandledRejection", own);
  });
});
