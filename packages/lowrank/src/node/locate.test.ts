import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fakeCommit, fakeHub } from "../../test/fake-hub.ts";
import { recordingIo } from "../../test/recording-io.ts";
import { sourceContext } from "../cli/open-model.ts";
import { createReport, type Report } from "../cli/terminal/report.ts";
import { omitUndefined } from "../omit-undefined.ts";
import { locate } from "./find-model.ts";

/** As commands reach the Hub. */
function hub(report: Report) {
  const { notices, fetch, accessToken } = sourceContext(report);
  return { notices, access: omitUndefined({ fetch, accessToken }) };
}

describe("locate", () => {
  let cache: string;
  beforeEach(async () => {
    cache = await mkdtemp(join(tmpdir(), "lowrank-locate-"));
    vi.stubEnv("HF_HUB_CACHE", cache);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(cache, { recursive: true, force: true });
  });

  it("downloads owner/name into the usual cache", async () => {
    const files = new Map([
      ["config.json", "{}"],
      ["model.safetensors", "weights"],
    ]);
    const report = createReport(recordingIo({ fetch: fakeHub("owner/name", files).fetch }).io, {});
    const expected = join(cache, "models--owner--name", "snapshots", fakeCommit);
    expect(await locate("owner/name", "model", hub(report))).toBe(expected);
  });

  it("prefers paths on disk, and never treats a mistyped path as a repository", async () => {
    const unreachable: typeof fetch = async () => {
      throw new Error("nobody should ask");
    };
    const report = createReport(recordingIo({ fetch: unreachable }).io, {});
    expect(await locate(cache, "model", hub(report))).toBe(cache);
    for (const path of ["./models/tiny", "models", "/no/such/folder"]) {
      await expect(locate(path, "model", hub(report)), path).rejects.toMatchObject({ code: "PATH_NOT_FOUND" });
    }
  });

  it("explains that an adapter given as a model needs its base", async () => {
    const report = createReport(recordingIo().io, {});
    await writeFile(join(cache, "adapter_config.json"), "{}");
    await expect(locate(cache, "model", hub(report))).rejects.toMatchObject({ code: "ADAPTER_AS_MODEL", path: cache });
    expect(await locate(cache, "adapter", hub(report))).toBe(cache);
    await writeFile(join(cache, "config.json"), "{}"); // a merged model with the adapter beside it
    expect(await locate(cache, "model", hub(report))).toBe(cache);
  });

  it("does not query the Hub for a folder that is missing in a local one", async () => {
    const unreachable: typeof fetch = async () => {
      throw new Error("nobody should ask");
    };
    const report = createReport(recordingIo({ fetch: unreachable }).io, {});
    const here = (await readdir(".")).find((name) => /^\w/.test(name)) ?? "";
    const attempt = locate(`${here}/typo`, "adapter", hub(report));
    await expect(attempt).rejects.toMatchObject({ code: "PATH_NOT_FOUND", path: `${here}/typo`, option: "`adapter`" });
    await expect(attempt).rejects.toThrow(`a local folder "${here}" exists, so the Hub was not searched`);
  });

  it("reports a missing folder also if the Hub does not help", async () => {
    const offline: typeof fetch = async () => {
      throw new TypeError("fetch failed");
    };
    const report = createReport(recordingIo({ fetch: offline }).io, {});
    await expect(locate("nobody/typo", "model", hub(report))).rejects.toThrow(
      'There is no local folder "nobody/typo", and the download from the Hugging Face Hub failed: fetch failed',
    );
  });
});
