import { strToU8, zipSync } from "fflate";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { someFiles } from "../../../test/some-adapter.ts";
import { tinyWorkerState } from "../../../test/tiny-worker-state.ts";
import type { WorkerState } from "../worker-state.ts";
import { addAdapter, repositoryIn } from "./add-adapter.ts";
import { shelf } from "./shelf.ts";

const silent = () => {};
const asFile = (name: string, bytes: string | Uint8Array) => new File([bytes as BlobPart], name);

describe("an adapter from elsewhere", () => {
  let state: WorkerState;
  let files: Record<string, Uint8Array>;
  beforeAll(async () => {
    state = await tinyWorkerState();
    const made = await someFiles(state, { name: "made", seed: 1 });
    files = Object.fromEntries(
      [...made].map(([name, content]) => [name, typeof content === "string" ? strToU8(content) : content]),
    );
  });
  afterAll(() => state.loaded.opened.dispose());
  afterEach(() => vi.unstubAllGlobals());

  const add = async (...given: File[]) => addAdapter(state, { files: given }, silent);
  const zipped = (entries: Record<string, Uint8Array>) => asFile("mine.zip", zipSync(entries));

  it("comes as a zip, in a folder of it or not, or as files", async () => {
    const inFolder = Object.fromEntries(Object.entries(files).map(([name, bytes]) => [`out/${name}`, bytes]));
    expect(await add(zipped(files))).toMatchObject({
      name: "mine",
      origin: "dropped",
      rank: 4,
      model: "@lowrank/tiny-model",
    });
    expect(await add(zipped({ ...inFolder, "../../etc/passwd": strToU8("x") }))).toMatchObject({ name: "mine 2" });
    const loose = Object.entries(files).map(([name, bytes]) => asFile(name, bytes));
    expect(await add(...loose)).toMatchObject({ name: "Adapter" });
    expect((await state.store.list("adapters")).length).toBe(3);
  });

  it("leaves nothing behind when it is none", async () => {
    const before = await shelf(state, undefined, silent);
    const attachedBefore = state.loaded.opened.adapters.length;
    const weights = files["adapter_model.safetensors"] as Uint8Array;
    const refused: readonly (readonly [string, Promise<unknown>])[] = [
      ["ADAPTER_FILES", add(asFile("photo.jpg", "x"))],
      ["ADAPTER_FILES", add(asFile("broken.zip", "PK not really"))],
      ["ADAPTER_FILES", add(zipped({ "adapter_config.json": files["adapter_config.json"] as Uint8Array }))],
      ["ADAPTER_FILES", add(zipped({ ...files, "two/adapter_config.json": strToU8("{}") }))],
      ["ADAPTER_FILES", add(zipped({ ...files, "README.md": new Uint8Array(2_000_000) }))],
      ["INVALID_ADAPTER_CONFIG", add(zipped({ ...files, "adapter_config.json": strToU8("{") }))],
      ["ADAPTER_", add(zipped({ ...files, ...(await otherTargets()) }))],
      ["MetadataIncompleteBuffer", add(zipped({ ...files, "adapter_model.safetensors": weights.slice(0, 5000) }))],
    ];
    for (const [code, adding] of refused) {
      const error = await adding.then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error, code).toMatchObject({ code: expect.stringContaining(code) });
    }
    expect(await shelf(state, undefined, silent)).toEqual(before);
    expect(state.loaded.opened.adapters.length).toBe(attachedBefore);
  });

  const otherTargets = async () => {
    const config = JSON.parse(new TextDecoder().decode(files["adapter_config.json"]));
    return { "adapter_config.json": strToU8(JSON.stringify({ ...config, target_modules: ["k_proj"] })) };
  };

  it("is fetched from the Hub by its name or its page's address", async () => {
    const urls: string[] = [];
    vi.stubGlobal("fetch", async (address: string) => {
      urls.push(address);
      const bytes = files[address.split("/").at(-1) as string];
      return bytes === undefined ? new Response("", { status: 404 }) : new Response(bytes as BodyInit);
    });
    const added = await addAdapter(state, { repository: "https://huggingface.co/some/adapter/tree/main" }, silent);
    expect(added).toMatchObject({ name: "adapter", origin: "dropped" });
    expect(urls).toContain("https://huggingface.co/some/adapter/resolve/main/adapter_model.safetensors");
  });

  it("explains why the Hub returns none", async () => {
    vi.stubGlobal("fetch", async () => new Response("", { status: 401 }));
    const download = addAdapter(state, { repository: "some/adapter" }, silent);
    await expect(download).rejects.toMatchObject({
      code: "ADAPTER_REPOSITORY",
      message: expect.stringContaining("401"),
    });
    vi.stubGlobal("fetch", async () => {
      throw new TypeError("Failed to fetch");
    });
    const offline = addAdapter(state, { repository: "some/adapter" }, silent);
    await expect(offline).rejects.toMatchObject({
      code: "ADAPTER_REPOSITORY",
      message: expect.stringContaining("network"),
    });
    for (const name of ["", "one", "../x/y", "a b/c", "https://example.org/a/b"]) {
      expect(() => repositoryIn(name), name).toThrow(/no name of a repository/);
    }
  });
});
