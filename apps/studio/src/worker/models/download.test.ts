import { createHash } from "node:crypto";
import { afterEach, describe, expect, it, vi } from "vitest";
import { inMemory } from "./cached-file.ts";
import { download } from "./smollm2.ts";

const content = new Uint8Array(3_000_000).map((_, index) => index % 251);
const file = {
  url: "https://example.org/model.gguf",
  bytes: content.length,
  sha256: createHash("sha256").update(content).digest("hex"),
};
/** Ranges that were asked for. */
const rangeHeaders: (string | null)[] = [];

/** A server that sends at most `most` bytes before the connection breaks. */
function serve({ max = Number.POSITIVE_INFINITY, ranges = true, bytes = content } = {}): void {
  vi.stubGlobal("fetch", async (_: string, init: RequestInit) => {
    const range = new Headers(init.headers).get("Range");
    rangeHeaders.push(range);
    const from = ranges ? Number(range?.match(/\d+/)?.[0] ?? 0) : 0;
    let sent = 0;
    const body = new ReadableStream({
      pull(controller) {
        if (sent >= max) return controller.error(new TypeError("connection lost"));
        const piece = bytes.slice(from + sent, from + sent + 400_000);
        if (piece.length === 0) return controller.close();
        sent += piece.length;
        controller.enqueue(piece);
      },
    });
    return new Response(body, { status: from > 0 ? 206 : 200 });
  });
}

afterEach(() => {
  vi.unstubAllGlobals();
  rangeHeaders.length = 0;
});

describe("download", () => {
  it("resumes after a broken connection", async () => {
    const cached = inMemory();
    serve({ max: 2_000_000 });
    await expect(download(file, cached, () => undefined)).rejects.toMatchObject({ code: "NO_NETWORK" });
    expect([cached.size, cached.isWhole]).toEqual([2_000_000, false]);
    serve();
    const blob = await download(file, cached, () => undefined);
    expect(rangeHeaders).toEqual([null, "bytes=2000000-"]);
    expect(Buffer.from(await blob.arrayBuffer()).equals(content)).toBe(true);
    expect(cached.isWhole).toBe(true);
  });

  it("begins again with a server that knows no ranges", async () => {
    const cached = inMemory();
    await cached.append(content.slice(0, 10));
    serve({ ranges: false });
    expect((await download(file, cached, () => undefined)).size).toBe(content.length);
  });

  it("reports how many bytes of the total have arrived", async () => {
    const progress: number[][] = [];
    serve();
    await download(file, inMemory(), (...each) => progress.push(each));
    expect(progress.at(0)).toEqual([400_000, 3_000_000]);
    expect(progress.at(-1)).toEqual([3_000_000, 3_000_000]);
  });

  it("needs no network for a complete file", async () => {
    const cached = inMemory();
    serve();
    await download(file, cached, () => undefined);
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("offline")));
    expect((await download(file, cached, () => undefined)).size).toBe(content.length);
  });

  it("keeps nothing of another file", async () => {
    const cached = inMemory();
    serve({ bytes: content.map((byte) => 255 - byte) });
    await expect(download(file, cached, () => undefined)).rejects.toMatchObject({ code: "DOWNLOAD_FAILED" });
    expect(cached.size).toBe(0);
  });
});
