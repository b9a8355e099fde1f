import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { recordingIo } from "../../cli/terminal/recording-io.ts";
import { createReport } from "../../cli/terminal/report.ts";
import { downloadFromHub } from "./download.ts";
import { fakeCommit, fakeHub } from "./fake-hub.ts";

const files = new Map([
  ["config.json", '{"model_type":"gpt2"}'],
  ["model.safetensors", "weights"],
  ["pytorch_model.bin", "pickle"],
  ["tokenizer.json", "{}"],
]);

describe("downloadFromHub", () => {
  let cacheDir: string;
  beforeEach(async () => {
    cacheDir = await mkdtemp(join(tmpdir(), "lowrank-hub-"));
  });
  afterEach(() => rm(cacheDir, { recursive: true, force: true }));

  it("puts the needed files where huggingface_hub keeps them", async () => {
    const hub = fakeHub("owner/name", files);
    const recording = recordingIo();
    const report = createReport(recording.io, { json: true });
    const folder = await downloadFromHub("owner/name", "model", {
      notices: report,
      access: { fetch: hub.fetch, cacheDir },
    });
    expect(folder).toBe(join(cacheDir, "models--owner--name", "snapshots", fakeCommit));
    expect((await readdir(folder)).sort()).toEqual(["config.json", "model.safetensors", "tokenizer.json"]);
    expect(await readFile(join(folder, "model.safetensors"), "utf8")).toBe("weights");
    expect(hub.downloaded).not.toContain("pytorch_model.bin");
    expect(recording.stdout()).toBe("");
  });

  it("downloads nothing twice, and works without a network afterwards", async () => {
    const hub = fakeHub("owner/name", files);
    const recording = recordingIo();
    const report = createReport(recording.io, {});
    const first = await downloadFromHub("owner/name", "model", {
      notices: report,
      access: { fetch: hub.fetch, cacheDir },
    });
    await downloadFromHub("owner/name", "model", { notices: report, access: { fetch: hub.fetch, cacheDir } });
    expect(hub.downloaded.length).toBe(new Set(hub.downloaded).size);

    const offline: typeof fetch = async () => {
      throw new TypeError("fetch failed");
    };
    const again = await downloadFromHub("owner/name", "model", {
      notices: report,
      access: { fetch: offline, cacheDir },
    });
    expect(again).toBe(first);
    expect(recording.stderr()).toContain("warning: The Hub cannot be reached (fetch failed)");
  });

  it("says what the Hub answered when nothing is in the cache", async () => {
    const report = createReport(recordingIo().io, {});
    const refusing: typeof fetch = async () => new Response("nope", { status: 401 });
    const attempt = downloadFromHub("owner/name", "model", { notices: report, access: { fetch: refusing, cacheDir } });
    await expect(attempt).rejects.toMatchObject({ code: "HUB", message: expect.stringContaining("401") });
  });
});
