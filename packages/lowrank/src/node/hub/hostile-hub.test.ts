import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fakeCommit, fakeHub, type HubAnswer, serveHub } from "../../../test/fake-hub.ts";
import { recordingIo } from "../../../test/recording-io.ts";
import { createReport } from "../../cli/terminal/report.ts";
import { downloadFromHub } from "./download.ts";
import { verifyCache } from "./hub-cache.ts";

const weights = "weights, as they were sent";
const config = '{"model_type":"gpt2"}';
const files = new Map([
  ["config.json", config],
  ["model.safetensors", weights],
]);
const token = "hf_secret";
let folder: string;
let cacheDir: string;
let stops: (() => void)[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lowrank-hostile-"));
  cacheDir = join(folder, "cache");
  stops = [];
  vi.stubEnv("HF_HUB_OFFLINE", "0");
});
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const stop of stops) stop();
  await rm(folder, { recursive: true, force: true });
});

/** A Hub on this machine, each with an origin of its own. */
async function listen(answer?: HubAnswer) {
  const hub = await serveHub(fakeHub("owner/name", files), answer);
  stops.push(hub.stop);
  return hub;
}

async function download(endpoint: string) {
  const recording = recordingIo();
  const access = { endpoint, cacheDir, accessToken: token };
  const path = await downloadFromHub("owner/name", "model", { notices: createReport(recording.io, {}), access });
  return { path, stderr: recording.stderr() };
}

const isTree = (url: URL) => url.pathname.includes("/tree/");
const isFile = (url: URL, name: string) => url.pathname.endsWith(`/resolve/${fakeCommit}/${name}`);
const body = (name: string, text: string): HubAnswer => {
  return (url) => (isFile(url, name) ? new Response(text) : undefined);
};
const oid = "a".repeat(40);
const lfs = { oid: "a".repeat(64), size: 2 };
/** A list of the weights and of one more file. */
const list = (entry: object): HubAnswer => {
  const large = { type: "file", path: "model.safetensors", size: 2, oid, lfs };
  return (url) => (isTree(url) ? Response.json([large, { ...large, path: "config.json", ...entry }]) : undefined);
};

describe("a Hub, or a proxy in front of it, that sends something wrong is refused", () => {
  const cases: Readonly<Record<string, readonly [HubAnswer, expected: string]>> = {
    "an oid that leads upwards": [list({ oid: "../../x", lfs: null }), 'config.json with the hash "../../x"'],
    "an oid of LFS that leads upwards": [list({ lfs: { ...lfs, oid: "../../../x" } }), '"../../../x"'],
    "an oid that is too short": [list({ oid: "abc", lfs: null }), "40 hexadecimal digits"],
    "a path that leads upwards": [list({ path: "../config.json" }), 'a file "../config.json"'],
    "a path from the root": [list({ path: "/etc/config.json" }), 'a file "/etc/config.json"'],
    "a path that leads upwards on Windows": [list({ path: "x\\..\\..\\y" }), "a path in the repository"],
    "a size that is no number": [list({ size: "2", lfs: null }), 'the size "2"'],
    "a size below 0": [list({ lfs: { ...lfs, size: -1 } }), "the size -1"],
    "a commit that leads upwards": [
      (url) => (url.pathname.includes("/revision/") ? Response.json({ sha: "../../x" }) : undefined),
      "40 hexadecimal digits",
    ],
    "a page instead of a list": [(url) => (isTree(url) ? new Response("<html>") : undefined), "is not JSON"],
    "no list": [(url) => (isTree(url) ? Response.json({}) : undefined), "no list of files"],
    "a list that nests without end": [(url) => (isTree(url) ? new Response("[".repeat(1e5)) : undefined), "64 levels"],
    "a list of 9 MB": [(url) => (isTree(url) ? new Response(" ".repeat(9e6)) : undefined), "more than 8000000 bytes"],
    "a list without end": [
      (url) => (isTree(url) ? Response.json([], { headers: { Link: `<${url}>; rel="next"` } }) : undefined),
      "more than 200 pages",
    ],
    "a file that is too short": [body("model.safetensors", "weigh"), "found 5 bytes"],
    "an empty file": [body("model.safetensors", ""), "found 0 bytes"],
    "an empty small file": [body("config.json", ""), "found 0 bytes"],
    "other bytes of the same length": [body("model.safetensors", weights.toUpperCase()), "found content with the hash"],
    "other bytes in a small file": [body("config.json", config.toUpperCase()), "found content with the hash"],
    "a proxy's page instead of a file": [
      body("config.json", "<html>Sign in to the network</html>"),
      "more than 21 bytes",
    ],
    "a file that is too long": [body("model.safetensors", weights.repeat(9)), "more than 26 bytes"],
    "a file larger than the disk": [list({ lfs: { ...lfs, size: 2 ** 52 } }), "free bytes in"],
    "redirects in a circle": [
      (url) => (isFile(url, "config.json") ? Response.redirect(url) : undefined),
      "redirects more than 10 times",
    ],
    "a redirect to what is no server": [
      (url) =>
        isFile(url, "config.json") ? new Response("", { status: 302, headers: { Location: "data:,x" } }) : undefined,
      "redirects to an address with data:",
    ],
  };
  it.each(Object.entries(cases))("%s", async (_name, [answer, says]) => {
    const { endpoint } = await listen(answer);
    const failure = download(endpoint);
    await expect(failure).rejects.toThrow(says);
    await expect(failure).rejects.toMatchObject({ code: "HUB", repository: "owner/name" });
    expect((await readdir(folder)).filter((name) => name !== "cache")).toEqual([]);
    expect((await readdir(cacheDir).catch(() => [])).filter((name) => name !== "models--owner--name")).toEqual([]);
    const left = await readdir(cacheDir, { recursive: true }).catch(() => []);
    for (const name of left.filter((one) => /blobs\/./.test(one)))
      expect([config, weights]).toContain(await readFile(join(cacheDir, name), "utf8"));
  });
});

describe("the token", () => {
  it("follows the Hub to files on another server, which is usual", async () => {
    const other = await listen((url) => new Response(url.pathname === "/config.json" ? config : weights));
    const { endpoint, requests } = await listen((url) => {
      const name = [...files.keys()].find((one) => isFile(url, one));
      return name === undefined ? undefined : Response.redirect(`${other.endpoint}/${name}`);
    });
    await download(endpoint);
    expect(requests.map((one) => one.token)).toEqual(requests.map(() => `Bearer ${token}`));
    expect(other.requests.map((one) => one.token)).toEqual([undefined, undefined]);
  });

  it("does not follow a list to another server", async () => {
    const other = await listen();
    const { endpoint } = await listen((url) => {
      return isTree(url) ? Response.json([], { headers: { Link: `<${other.endpoint}/x>; rel="next"` } }) : undefined;
    });
    await expect(download(endpoint)).rejects.toThrow(`a next page at ${other.endpoint}`);
    expect(other.requests).toEqual([]);
  });
});

describe("the cache", () => {
  const blobs = () => join(cacheDir, "models--owner--name", "blobs");
  const sha256 = createHash("sha256").update(weights).digest("hex");

  it("gives up on a file that arrives byte by byte, each in its own response", async () => {
    const { endpoint, requests } = await listen((url, range) => {
      if (!isFile(url, "model.safetensors")) return undefined;
      const start = Number(/\d+/.exec(range ?? "0")?.[0]);
      return new Response(weights.slice(start, start + 1), { status: range === null ? 200 : 206 });
    });
    await expect(download(endpoint)).rejects.toThrow("found 5 bytes");
    expect(requests.filter(({ path }) => path.endsWith("model.safetensors")).length).toBe(5);
  });

  it("completes a file after a lost connection, without repeating the received part", async () => {
    const { endpoint, requests } = await listen((url, range) => {
      if (!isFile(url, "model.safetensors") || range !== null) return undefined;
      let isSent = false;
      const pull = async (controller: ReadableStreamDefaultController) => {
        if (isSent)
          await new Promise((resume) => setTimeout(resume, 20)).then(() => controller.error(new Error("lost")));
        else controller.enqueue(new TextEncoder().encode(weights.slice(0, 7)));
        isSent = true;
      };
      return new Response(new ReadableStream({ pull }));
    });
    const { path } = await download(endpoint);
    expect(await readFile(join(path, "model.safetensors"), "utf8")).toBe(weights);
    expect(requests.at(-1)?.range).toBe("bytes=7-");
  });

  it("gets whole files from two downloads at once", async () => {
    let first: (() => void) | undefined;
    const { endpoint } = await listen(async (url) => {
      if (!isFile(url, "model.safetensors")) return undefined;
      if (first === undefined)
        await new Promise<void>((resume) => {
          first = resume;
        }); // until the other one is whole
      return new Response(weights);
    });
    const one = download(endpoint);
    await vi.waitUntil(() => first !== undefined);
    const { path } = await download(endpoint);
    first?.();
    expect((await one).path).toBe(path);
    expect(await readFile(join(path, "model.safetensors"), "utf8")).toBe(weights);
    expect(await readdir(blobs())).toHaveLength(2);
  });

  it("fetches damaged files again, whatever damaged them", async () => {
    const { endpoint, requests } = await listen();
    const { path } = await download(endpoint);
    const blob = join(blobs(), sha256);
    const before = requests.length;
    await download(endpoint);
    expect(requests.slice(before).some((one) => one.path.includes("/resolve/"))).toBe(false);
    await writeFile(blob, "\0".repeat(weights.length));
    await utimes(blob, 1, 1);
    const other = await listen(() => new Response("", { status: 503 }));
    await expect(download(other.endpoint)).rejects.toThrow("model.safetensors: found a damaged file in the cache");
    expect((await download(endpoint)).stderr).toContain("fetching owner/name/model.safetensors");
    expect(await readFile(join(path, "model.safetensors"), "utf8")).toBe(weights);
  });

  it("is checked as a whole, and damaged files are fetched again even if their time has not changed", async () => {
    const { endpoint } = await listen();
    const { path } = await download(endpoint);
    const blob = join(blobs(), sha256);
    await utimes(blob, 1, 1);
    expect(await verifyCache({ cacheDir })).toEqual({ files: 2, damaged: [] });
    await writeFile(blob, "\0".repeat(weights.length));
    await utimes(blob, 1, 1);
    expect(await verifyCache({ cacheDir })).toEqual({ files: 2, damaged: [blob] });
    await download(endpoint);
    expect(await readFile(join(path, "model.safetensors"), "utf8")).toBe(weights);
  });

  it("may be Python's: it is used as it is, with a network and without one", async () => {
    // As huggingface_hub 2.4 writes it.
    const repository = join(cacheDir, "models--owner--name");
    const snapshot = join(repository, "snapshots", fakeCommit);
    for (const name of [snapshot, blobs(), join(repository, "refs"), join(cacheDir, ".locks", "models--owner--name")])
      await mkdir(name, { recursive: true });
    await writeFile(join(repository, "refs", "main"), fakeCommit);
    await writeFile(join(blobs(), sha256), weights);
    await symlink(`../../blobs/${sha256}`, join(snapshot, "model.safetensors"));
    const git = createHash("sha1").update(`blob ${config.length}\0${config}`).digest("hex");
    await writeFile(join(blobs(), git), config);
    await symlink(`../../blobs/${git}`, join(snapshot, "config.json"));
    const { endpoint, requests } = await listen();
    expect((await download(endpoint)).path).toBe(snapshot);
    expect(requests.some(({ path }) => path.includes("/resolve/"))).toBe(false);
    vi.stubEnv("HF_HUB_OFFLINE", "1");
    const before = requests.length;
    expect(await download(endpoint)).toEqual({ path: snapshot, stderr: "" });
    expect(requests).toHaveLength(before);
  });
});
