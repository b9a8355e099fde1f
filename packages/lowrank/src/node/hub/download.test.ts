import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fakeCommit, fakeHub } from "../../../test/fake-hub.ts";
import { recordingIo } from "../../../test/recording-io.ts";
import { createReport } from "../../cli/terminal/report.ts";
import { downloadFromHub } from "./download.ts";

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

  it("stores the needed files in huggingface_hub's layout", async () => {
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

  it("downloads a folder at a revision, and finds it again without a network", async () => {
    const hub = fakeHub("owner/name", new Map([...files].map(([file, text]) => [`runs/checkpoint-5/${file}`, text])));
    const { io, stderr } = recordingIo();
    const input = "owner/name/runs/checkpoint-5@refs/pr/3";
    const get = (fetch: typeof globalThis.fetch) =>
      downloadFromHub(input, "model", { notices: createReport(io, {}), access: { fetch, cacheDir } });
    const folder = await get(hub.fetch);
    expect(folder).toBe(join(cacheDir, "models--owner--name", "snapshots", fakeCommit, "runs", "checkpoint-5"));
    expect(hub.revisions).toEqual(["refs/pr/3"]);
    expect((await readdir(folder)).sort()).toEqual(["config.json", "model.safetensors", "tokenizer.json"]);
    const offline: typeof fetch = () => Promise.reject(new TypeError("fetch failed"));
    expect(await get(offline)).toBe(folder);
    expect(stderr()).toContain("The Hub cannot be reached");
    await expect(
      downloadFromHub("owner/name@other", "model", {
        notices: createReport(io, {}),
        access: { fetch: offline, cacheDir },
      }),
    ).rejects.toMatchObject({ code: "HUB" });
  });

  it("returns the path of a .gguf file, for a split one that of its first part", async () => {
    const parts = ["big-00001-of-00002.gguf", "big-00002-of-00002.gguf"];
    const hub = fakeHub(
      "owner/name",
      new Map([["a.gguf", "GGUF"], ...parts.map((file) => [`Q4/${file}`, file] as const)]),
    );
    const access = { fetch: hub.fetch, cacheDir };
    const get = (input: string) =>
      downloadFromHub(input, "model", { notices: createReport(recordingIo().io, {}), access });
    const snapshot = join(cacheDir, "models--owner--name", "snapshots", fakeCommit);
    expect(await get("owner/name/Q4/big-00002-of-00002.gguf")).toBe(join(snapshot, "Q4", parts[0] ?? ""));
    expect(await readdir(join(snapshot, "Q4"))).toEqual(parts);
    expect(await get("owner/name")).toBe(join(snapshot, "a.gguf"));
  });

  it("returns the path of an adapter's only file", async () => {
    const hub = fakeHub("owner/style", new Map([["style.safetensors", "weights"]]));
    const access = { fetch: hub.fetch, cacheDir };
    for (const input of ["owner/style", "owner/style/style.safetensors"]) {
      const path = await downloadFromHub(input, "adapter", { notices: createReport(recordingIo().io, {}), access });
      expect(path).toBe(join(cacheDir, "models--owner--style", "snapshots", fakeCommit, "style.safetensors"));
    }
  });

  it("reports the Hub's answer when nothing is in the cache", async () => {
    const report = createReport(recordingIo().io, {});
    const refusing: typeof fetch = async () => new Response("nope", { status: 401 });
    const attempt = downloadFromHub("owner/name", "model", { notices: report, access: { fetch: refusing, cacheDir } });
    await expect(attempt).rejects.toMatchObject({ code: "HUB", message: expect.stringContaining("401") });
  });
});
