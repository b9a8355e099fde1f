import { afterAll, describe, expect, it } from "vitest";
import type { ReadBytes } from "./decoder-module.ts";
import { GuardedDecoder } from "./guarded-decoder.ts";

const url = new URL("../../../testing/src/planted-decoder.ts", import.meta.url).href;
const module = { url: () => url, load: () => import("../../../testing/src/planted-decoder.ts") };
const read: ReadBytes = async (start, end) => Uint8Array.from({ length: 9 }, (_, at) => at).buffer.slice(start, end);

const decoder = new GuardedDecoder<string, unknown>(module, read);
afterAll(() => decoder.close());

describe("a decoder in a thread", () => {
  it.each([
    ["refuses", "it is no picture"],
    ["never ends", /^it needs longer than 1200 ms/],
    ["takes all memory", /^it needs more than 268 MB/],
    ["leaves a promise to fail", "nobody waits for this"],
    ["ends its thread", "its decoder stopped unexpectedly"],
  ])("that %s is an error, and the next file is decoded", async (fault, message) => {
    await expect(decoder.decode(fault)).rejects.toThrow(message);
    expect(await decoder.decode("decodes well")).toEqual(new Uint8Array([1, 2, 3]));
  });

  it("returns an error's code, and bytes that the decoder requests", async () => {
    await expect(decoder.decode("refuses")).rejects.toMatchObject({ code: "NOT_A_PICTURE" });
    expect(await decoder.decode("reads")).toEqual(Uint8Array.of(2, 3).buffer);
  });

  it("fails with the error of a file that cannot be read", async () => {
    const broken = new GuardedDecoder<string, unknown>(module, () => Promise.reject(new Error("the disk is gone")));
    await expect(broken.decode("reads")).rejects.toThrow("the disk is gone");
  });

  it("is not charged for the work of the main thread", async () => {
    const decoded = decoder.decode("decodes well");
    for (const end = performance.now() + 1500; performance.now() < end; );
    expect(await decoded).toEqual(new Uint8Array([1, 2, 3]));
  });

  it("runs in the calling thread on a host without threads", async () => {
    const direct = new GuardedDecoder<string, unknown>({ ...module, url: () => undefined }, read);
    expect(await direct.decode("reads")).toEqual(Uint8Array.of(2, 3).buffer);
    await expect(direct.decode("refuses")).rejects.toThrow("it is no picture");
  });
});
