// In Chromium, whose disk it is. A full disk is simulated: a page cannot fill one within a test.

import { afterEach, describe, expect, it, vi } from "vitest";
import { storeCases } from "../../test/store-cases.ts";
import { opfsStore } from "./opfs-store.ts";
import { QuotaError } from "./store.ts";

describe("opfsStore", () => {
  storeCases(opfsStore);
  afterEach(() => vi.restoreAllMocks());

  it("has for a second page what a first one wrote", async () => {
    await (await opfsStore()).write("file", new Uint8Array([7]));
    expect(await (await opfsStore()).read("file")).toEqual(new Uint8Array([7]));
  });

  it("reports what does not fit if the browser gives no more space, and keeps the file", async () => {
    const store = await opfsStore();
    await store.write("file", new Uint8Array([1]));
    const full = new DOMException("no room", "QuotaExceededError");
    vi.spyOn(FileSystemWritableFileStream.prototype, "write").mockRejectedValue(full);
    await expect(store.write("file", new Uint8Array(9))).rejects.toThrow(QuotaError);
    await expect(store.write("file", new Uint8Array(9))).rejects.toThrow(/no room left to keep "file" \(9 bytes\)/);
    vi.restoreAllMocks();
    expect(await store.read("file")).toEqual(new Uint8Array([1]));
  });

  it("keeps the old file where a writer dies before it has closed the new one", async () => {
    const store = await opfsStore();
    await store.write("file", new Uint8Array([1]));
    const close = vi.spyOn(FileSystemWritableFileStream.prototype, "close").mockRejectedValue(new Error("crash"));
    await expect(store.write("file", new Uint8Array([2]))).rejects.toThrow("crash");
    close.mockRestore();
    expect(await store.read("file")).toEqual(new Uint8Array([1]));
  });
});
