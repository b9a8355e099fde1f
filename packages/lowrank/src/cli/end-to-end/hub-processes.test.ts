// Several processes that download one model into one cache, and one that is killed.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type BundledProgram, bundleProgram } from "../../../test/bundle-program.ts";
import { fakeHub, serveHub } from "../../../test/fake-hub.ts";
import { makeWorkspace } from "./workspace.ts";

const tiny = fileURLToPath(new URL("../../../../tiny-model/model/", import.meta.url));
const files = new Map(readdirSync(tiny).map((name) => [name, readFileSync(tiny + name)]));
const work = makeWorkspace();
let bundled: BundledProgram;
beforeAll(async () => {
  bundled = await bundleProgram("hub-processes");
});
afterAll(() => bundled.remove());

/** Sends the second half of the weights when three processes have asked for them. */
async function slowHub() {
  const weights = files.get("model.safetensors") ?? Buffer.alloc(0);
  const half = weights.length / 2;
  let requests = 0;
  const untilRequested = async (times: number) => {
    while (requests < times) await new Promise((resume) => setTimeout(resume, 20));
  };
  const hub = await serveHub(fakeHub("owner/tiny", files), (url) => {
    if (!url.pathname.endsWith("/model.safetensors")) return undefined;
    requests += 1;
    const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
      await untilRequested(3);
      controller.enqueue(weights.subarray(half));
      controller.close();
    };
    return new Response(new ReadableStream({ start: (one) => one.enqueue(weights.subarray(0, half)), pull }));
  });
  return { ...hub, untilRequested };
}

function start(endpoint: string, ...argv: readonly string[]) {
  const { HF_HUB_OFFLINE: _, ...env } = process.env;
  const own = { HF_ENDPOINT: endpoint, HF_HUB_CACHE: work.path("hub"), LOWRANK_ENGINE: "cpu" };
  return spawn(process.execPath, [bundled.program, ...argv], { env: { ...env, ...own } });
}

async function ended(child: ChildProcess) {
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (piece) => {
      text += piece;
    });
  const [code] = await once(child, "close");
  return { code, text };
}

const generate = ["generate", "--model", "owner/tiny", "--prompt", "name[Aromi]", "--max-new-tokens", "1"];

it("processes that download one model at once have all of it, and a killed one leaves nothing", async () => {
  const hub = await slowHub();
  const names = () => readdir(work.path("hub", "models--owner--tiny", "blobs"));
  const killed = start(hub.endpoint, ...generate);
  await hub.untilRequested(1);
  const unfinished = () => names().then((all) => all.filter((name) => !/^[0-9a-f]+$/.test(name)));
  while ((await unfinished()).length === 0) await new Promise((resume) => setTimeout(resume, 20));
  killed.kill("SIGKILL");
  await once(killed, "close");
  const both = await Promise.all([1, 2].map(() => ended(start(hub.endpoint, ...generate))));
  expect(both.map(({ code, text }) => code || text)).toEqual(both.map(() => expect.stringContaining("fetching")));
  expect(await unfinished()).toEqual([]);
  expect(await ended(start(hub.endpoint, "doctor", "--verify"))).toMatchObject({
    code: 0,
    text: expect.stringMatching(/^6 files in .*: all match their hashes/),
  });
  hub.stop();
  const offline = await ended(start(hub.endpoint, ...generate));
  expect(offline).toEqual({ code: 0, text: expect.stringContaining("The Hub cannot be reached") });
  const [blob = ""] = (await names()).filter((name) => name.length === 64);
  await writeFile(work.path("hub", "models--owner--tiny", "blobs", blob), "damaged");
  const found = expect.stringContaining("1 of 6 files in");
  expect(await ended(start(hub.endpoint, "doctor", "--verify"))).toEqual({ code: 1, text: found });
}, 120_000);
