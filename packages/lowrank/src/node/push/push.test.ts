import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { planPush } from "./plan-push.ts";
import { pushToHub } from "./push-to-hub.ts";

const sized = (...paths: readonly string[]) => paths.map((path) => ({ path, bytes: 2 }));
const adapterFiles = ["README.md", "adapter_config.json", "adapter_model.safetensors", "tokenizer.json"];

describe("the files for the Hub", () => {
  it("are those of an adapter, a model or a file, without those of its training", () => {
    const left = [
      ".env",
      ".lowrank.json",
      "adapter_model.bin",
      "checkpoint-5/adapter_config.json",
      "optimizer.pt",
      "trainer_state.json",
    ];
    const plan = planPush("./a", "me/mine/runs@draft", sized(...adapterFiles, ...left));
    expect(plan).toMatchObject({ kind: "adapter", repository: "me/mine", revision: "draft", bytes: 8, left });
    expect(plan.files.map(({ to }) => to)).toEqual(adapterFiles.map((file) => `runs/${file}`));
    const model = planPush(
      "./m",
      "me/m",
      sized("1_Pooling/config.json", "config.json", "model-00001-of-00001.safetensors"),
    );
    expect([model.kind, model.files.length]).toEqual(["model", 3]);
    expect(planPush("./m.gguf", "me/m", sized("m.gguf")).kind).toBe("gguf");
    expect(planPush("./style.safetensors", "me/m", sized("style.safetensors")).kind).toBe("file");
  });

  it("is refused if there is nothing to send, or no name to send it to", () => {
    for (const target of ["mine", "../me/mine", "me/mine/x.gguf"])
      expect(() => planPush("./a", target, sized(...adapterFiles))).toThrow("Expected: owner/name");
    expect(() => planPush("./a", "me/mine", sized("notes.txt", "config.json"))).toThrow("the source has no adapter");
  });
});

describe("pushToHub", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "lowrank-push-"));
    await writeFile(join(folder, "adapter_config.json"), '{"base_model_name_or_path": "/home/me/base"}');
    await writeFile(join(folder, "adapter_model.safetensors"), "weights");
    await writeFile(join(folder, "lowrank_setup.json"), '{"template": "plain", "basePath": "/home/me/other/base"}');
    await writeFile(join(folder, "README.md"), 'base_model: "/home/me/base"');
    await mkdir(join(folder, "checkpoint-1"));
    await writeFile(join(folder, "checkpoint-1", "state.pt"), "x");
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** The Hub's side, which has the repository or not. */
  function hub({ exists, xet }: { readonly exists: boolean; readonly xet?: string }) {
    const requests: {
      readonly host: string;
      readonly method: string;
      readonly path: string;
      readonly body: string;
      readonly token: string | null;
    }[] = [];
    const answer: typeof fetch = async (input, init) => {
      const { pathname, host } = new URL(input instanceof Request ? input.url : input);
      const { method = "GET", headers, body } = init ?? {};
      const text = body instanceof Blob ? await body.text() : String(body ?? "");
      requests.push({ host, method, path: pathname, body: text, token: new Headers(headers).get("Authorization") });
      if (pathname === "/api/repos/create") return Response.json({ url: "https://huggingface.co/me/mine", id: "1" });
      if (pathname.includes("/preupload/")) {
        const files: { path: string }[] = JSON.parse(text).files;
        const modeOf = (path: string) => (path.endsWith(".safetensors") ? "lfs" : "regular");
        return Response.json({ files: files.map(({ path }) => ({ path, uploadMode: modeOf(path) })) });
      }
      if (pathname.endsWith("/lfs/objects/batch")) {
        const objects: { oid: string; size: number }[] = JSON.parse(text).objects;
        const upload = { href: xet ?? "https://storage.example/put" };
        return Response.json({
          transfer: xet === undefined ? "basic" : "xet",
          objects: objects.map((one) => ({ ...one, actions: { upload } })),
        });
      }
      if (pathname.includes("/commit/"))
        return Response.json({
          commitOid: "abc",
          commitUrl: "https://huggingface.co/me/mine/commit/abc",
          hookOutput: "",
        });
      if (pathname === "/put") return new Response("");
      if (host !== "huggingface.co") return new Response("", { status: 403 });
      return exists ? Response.json({ id: "me/mine" }) : new Response("", { status: 404 });
    };
    return { fetch: answer, requests };
  }

  it("makes the repository, sends the files in one commit, and warns of a base that only this machine has", async () => {
    const { fetch, requests } = hub({ exists: false });
    const warnings: string[] = [];
    const done = await pushToHub(folder, "me/mine", {
      fetch,
      accessToken: "hf_x",
      private: true,
      message: "First",
      onWarning: ({ code }) => warnings.push(code),
    });
    expect(done).toMatchObject({ kind: "adapter", url: "https://huggingface.co/me/mine", commit: "abc" });
    expect(done.left).toEqual(["checkpoint-1/state.pt"]);
    expect(warnings).toEqual(["LOCAL_BASE"]);
    const create = requests.find(({ path }) => path === "/api/repos/create");
    expect(JSON.parse(create?.body ?? "")).toMatchObject({ name: "mine", organization: "me", visibility: "private" });
    expect(requests.find(({ path }) => path === "/put")?.body).toBe("weights");
    const commit = requests.filter(({ path }) => path.includes("/commit/"));
    expect(commit.length).toBe(1);
    const lines = commit[0]?.body.split("\n").map((line) => JSON.parse(line));
    expect(lines?.map(({ key, value }) => value.path ?? value.summary ?? key)).toEqual([
      "First",
      "README.md",
      "adapter_config.json",
      "adapter_model.safetensors",
      "lowrank_setup.json",
    ]);
    const texts = lines?.filter(({ key }) => key === "file").map(({ value }) => atob(value.content));
    expect(texts).toEqual([
      'base_model: "base"',
      '{"base_model_name_or_path": "base"}',
      expect.stringMatching(/^\{\s+"template": "plain"\s+\}\s$/),
    ]);
    expect(commit[0]?.token).toBe("Bearer hf_x");
  });

  it("leaves an existing repository as it is, and reports the Hub's reason if it refuses", async () => {
    const there = hub({ exists: true });
    await pushToHub(folder, "me/mine", { fetch: there.fetch, accessToken: "hf_x", private: true });
    expect(there.requests.some(({ path }) => path === "/api/repos/create")).toBe(false);
    const refusing: typeof fetch = async () => new Response("nope", { status: 403 });
    await expect(pushToHub(folder, "me/mine", { fetch: refusing, accessToken: "hf_x" })).rejects.toMatchObject({
      code: "PUSH",
      message: expect.stringContaining("403"),
    });
  });

  it("sends the token only to the Hub, wherever its responses link to", async () => {
    const { fetch, requests } = hub({ exists: true, xet: "https://other.example/xet-write-token" });
    const moved: typeof fetch = async (input, init) =>
      String(input).includes("/preupload/") && !String(input).includes("moved")
        ? new Response("", { status: 307, headers: { Location: "https://moved.example/preupload/main" } })
        : fetch(input, init);
    for (const ask of [fetch, moved])
      await expect(pushToHub(folder, "me/mine", { fetch: ask, accessToken: "hf_x" })).rejects.toThrow("403");
    const others = requests.filter(({ host }) => host !== "huggingface.co");
    expect(new Set(others.map(({ host }) => host))).toEqual(new Set(["other.example", "moved.example"]));
    expect(others.map(({ token }) => token)).toEqual(others.map(() => null));
  });

  it("refuses a damaged configuration before anything is sent", async () => {
    await writeFile(join(folder, "adapter_config.json"), "{");
    await expect(pushToHub(folder, "me/mine", { planOnly: true })).rejects.toThrow(
      "its adapter_config.json is not JSON",
    );
  });

  it("needs a token, but not to plan, and no network then", async () => {
    const fetch: typeof globalThis.fetch = () => Promise.reject(new Error("asked"));
    await expect(pushToHub(folder, "me/mine", { fetch })).rejects.toThrow("there is no token");
    expect((await pushToHub(folder, "me/mine", { fetch, planOnly: true })).url).toBeUndefined();
    await expect(pushToHub(join(folder, "none"), "me/mine", { fetch })).rejects.toMatchObject({
      code: "PATH_NOT_FOUND",
    });
  });
});
