import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { openFolder } from "../node.ts";
import { fetchedFolder } from "./fetched-folder.ts";
import { filesFolder } from "./files-folder.ts";

const limits = { maxBytes: 1000 };

describe("openFolder", () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "lowrank-folder-"));
    await mkdir(join(root, "model"));
    await writeFile(join(root, "model", "config.json"), "{}");
    await writeFile(join(root, "secret.txt"), "secret");
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it("reads and lists files", async () => {
    const folder = openFolder(join(root, "model"));
    expect(await folder.list()).toEqual(["config.json"]);
    expect(await folder.readText("config.json", limits)).toBe("{}");
    const source = await folder.open("config.json");
    expect(Array.from(await source.read(0, 2))).toEqual([0x7b, 0x7d]);
    await source.close?.();
  });

  it("refuses a path that is not a folder, or has no config.json", () => {
    expect(() => openFolder(join(root, "absent"))).toThrow(expect.objectContaining({ code: "MODEL_FOLDER" }));
    expect(() => openFolder(join(root, "secret.txt"))).toThrow(/a file, not a folder/);
    expect(() => openFolder(root)).toThrow(/no config.json/);
  });

  it("refuses files that are too large or not there", async () => {
    const folder = openFolder(join(root, "model"));
    await expect(folder.readText("config.json", { maxBytes: 1 })).rejects.toThrow(/2 bytes, more than 1/);
    await expect(folder.open("model.safetensors")).rejects.toMatchObject({ code: "MODEL_FILE" });
  });

  it("refuses files that are no text", async () => {
    await writeFile(join(root, "model", "config.json"), Uint8Array.of(0x7b, 0xff, 0xfe));
    const reading = openFolder(join(root, "model")).readText("config.json", limits);
    await expect(reading).rejects.toMatchObject({ code: "MODEL_FILE" });
    await expect(reading).rejects.toThrow(/config.json.*it is not UTF-8 text/);
  });

  it("never leaves the folder, by a path or by a link", async () => {
    await symlink(join(root, "secret.txt"), join(root, "model", "model.safetensors"));
    const folder = openFolder(join(root, "model"));
    for (const name of ["../secret.txt", "a/b", "..", ".", "", "a\\b", "nul\0"]) {
      await expect(folder.open(name), name).rejects.toThrow(/plain file name/);
    }
    await expect(folder.open("model.safetensors")).rejects.toThrow(/outside the folder/);
    await expect(folder.has("model.safetensors")).rejects.toThrow(/outside the folder/);
  });

  it("follows the hub cache's links from a folder further down in a repository", async () => {
    const nested = join(root, "models--a--b", "snapshots", "abc", "merged");
    await mkdir(nested, { recursive: true });
    await mkdir(join(root, "models--a--b", "blobs"));
    await writeFile(join(root, "models--a--b", "blobs", "123"), "{}");
    await symlink(join("..", "..", "..", "blobs", "123"), join(nested, "config.json"));
    expect(await openFolder(nested).readText("config.json", limits)).toBe("{}");
  });

  it("follows the hub cache's links to its blobs, and links to the folder itself", async () => {
    const snapshot = join(root, "snapshots", "abc");
    await mkdir(snapshot, { recursive: true });
    await mkdir(join(root, "blobs"));
    await writeFile(join(root, "blobs", "123"), "{}");
    await symlink(join("..", "..", "blobs", "123"), join(snapshot, "config.json"));
    await symlink(snapshot, join(root, "shortcut"));
    expect(await openFolder(snapshot).readText("config.json", limits)).toBe("{}");
    expect(await openFolder(join(root, "shortcut")).has("config.json")).toBe(true);
  });
});

describe("fetchedFolder", () => {
  const content = Uint8Array.from({ length: 5_000_000 }, (_, index) => index % 251);

  /** A server with one file; it may or may not know ranges, or tell another site of them. */
  function server(options: { ranges: boolean; namesSize?: boolean }) {
    const requests: string[] = [];
    const answer: typeof fetch = async (input, init) => {
      const range = new Headers(init?.headers).get("Range");
      requests.push(`${init?.method ?? "GET"} ${String(input)} ${range ?? "whole"}`);
      if (!String(input).endsWith("model.safetensors")) return new Response("none", { status: 404 });
      const match = /^bytes=(\d+)-(\d+)$/.exec(range ?? "");
      if (!options.ranges || match === null) return new Response(content);
      const begin = Number(match[1]);
      const part = content.slice(begin, Number(match[2]) + 1);
      const headers = { "Content-Range": `bytes ${begin}-${begin + part.length - 1}/${content.length}` };
      return new Response(part, { status: 206, headers: options.namesSize === false ? {} : headers });
    };
    return { requests, answer };
  }

  it("reads by ranges, several small tensors with one request", async () => {
    const { requests, answer } = server({ ranges: true });
    const source = await fetchedFolder("https://example.org/m", answer).open("model.safetensors");
    expect(source.size).toBe(5_000_000);
    for (const offset of [0, 100, 3_999_000, 4_000_001, 4_500_000, 4_999_990]) {
      expect(Array.from(await source.read(offset, 10))).toEqual(Array.from(content.subarray(offset, offset + 10)));
    }
    expect(requests).toEqual([
      "GET https://example.org/m/model.safetensors bytes=0-3999999",
      "GET https://example.org/m/model.safetensors bytes=4000001-4999999",
    ]);
    await expect(source.read(4_999_999, 2)).rejects.toThrow(/ends at byte 5000000/);
  });

  it.each([{ ranges: false }, { ranges: true, namesSize: false }])(
    "takes the whole file where it must: %o",
    async (kind) => {
      const source = await fetchedFolder("https://example.org/m/", server(kind).answer).open("model.safetensors");
      expect(source.size).toBe(5_000_000);
      expect(Array.from(await source.read(4_999_999, 1))).toEqual([content.at(-1)]);
    },
  );

  it("has no file for which the server of a single-page app answers with its page", async () => {
    const answer: typeof fetch = async (input) => {
      const type = String(input).endsWith(".jinja") ? "text/html; charset=utf-8" : "application/json";
      return new Response("{}", { headers: { "Content-Type": type } });
    };
    const folder = fetchedFolder("https://example.org/m", answer);
    expect([await folder.has("chat_template.jinja"), await folder.has("config.json")]).toEqual([false, true]);
  });

  it("lists every file of a tokenizer, so that an export includes them", async () => {
    const files = ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja"];
    const answer: typeof fetch = async (input) => {
      return new Response("", { status: files.some((file) => String(input).endsWith(`/${file}`)) ? 200 : 404 });
    };
    expect(await fetchedFolder("https://example.org/m", answer).list()).toEqual(files);
  });

  it("reports which file failed and how", async () => {
    const folder = fetchedFolder("https://example.org/m", server({ ranges: true }).answer);
    expect(await folder.has("config.json")).toBe(false);
    expect(await folder.list()).toEqual(["model.safetensors"]);
    await expect(folder.readText("config.json", limits)).rejects.toThrow(/"config.json".*answered 404/);
    await expect(folder.readText("model.safetensors", limits)).rejects.toThrow(/larger than 1000 bytes/);
    const offline = fetchedFolder("https://example.org/m", async () => Promise.reject(new TypeError("offline")));
    await expect(offline.open("model.safetensors")).rejects.toThrow(/request failed \(offline\)/);
  });
});

describe("filesFolder", () => {
  it("reads bytes and blobs", async () => {
    const files = new Map<string, Blob | Uint8Array>([
      ["a.json", new Blob(["1"])],
      ["b.json", new Uint8Array([0x32])],
    ]);
    const folder = filesFolder("memory", files);
    expect([await folder.readText("a.json", limits), await folder.readText("b.json", limits)]).toEqual(["1", "2"]);
    await expect(folder.open("c.json")).rejects.toThrow(/no such file/);
    expect(() => filesFolder("memory", new Map([["a/b", new Blob()]]))).toThrow(/plain file name/);
  });
});
