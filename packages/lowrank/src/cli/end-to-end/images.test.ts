// Pictures from files to a classifier: a tiny ViT that tells bright ones from dark ones.

import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import jpeg from "jpeg-js";
import { PNG } from "pngjs";
import { beforeAll, describe, expect, it } from "vitest";
import { fixture, interrupted, jsonl, makeWorkspace } from "./workspace.ts";

const work = makeWorkspace();
let vit: readonly string[];
const half = [0.5, 0.5, 0.5];
const preparation = {
  image_processor_type: "ViTImageProcessor",
  size: { height: 16, width: 16 },
  resample: 2,
  image_mean: half,
  image_std: half,
};

beforeAll(async () => {
  vit = ["--model", work.path("vit")];
  await cp(fixture("vit", "base"), work.path("vit"), { recursive: true });
  work.write("vit/preprocessor_config.json", JSON.stringify(preparation));
  for (const [label, brightness] of [
    ["bright", 220],
    ["dark", 30],
  ] as const) {
    await mkdir(work.path("pictures", label), { recursive: true });
    for (let index = 0; index < 4; index++) {
      const size = { width: 20 + index, height: 14 };
      const data = Buffer.alloc(size.width * size.height * 4, brightness + 5 * index);
      const [name, bytes] =
        index % 2 === 0
          ? ["png", PNG.sync.write(Object.assign(new PNG(size), { data }))]
          : ["jpg", jpeg.encode({ ...size, data }, 90).data];
      await writeFile(work.path("pictures", label, `${index}.${name}`), bytes);
    }
  }
});

const targets = ["--target-modules", "q_proj,v_proj"];
const quickly = ["--target-modules", "all-linear", "--learning-rate", "0.02", "--batch-size", "4", "--steps", "20"];

describe("pictures in a folder for each class", () => {
  it("train an adapter with a classifier, which evaluates, predicts and merges", async () => {
    const data = ["--data", work.path("pictures")];
    const out = work.path("adapter");
    const trained = await work.call("train", ...vit, ...data, "--out", out, ...quickly);
    expect(trained.code, trained.stderr).toBe(0);
    expect(trained.stdout).toContain("2 classes: bright, dark");
    expect(trained.stdout).toContain("The base's classifier is replaced, because it has 3 classes");
    const config = JSON.parse(await readFile(`${out}/adapter_config.json`, "utf8"));
    expect(config).toMatchObject({ modules_to_save: ["classifier"], task_type: null });

    const both = [...vit, "--adapter", out];
    const { json } = await work.call("evaluate", ...both, ...data, "--json");
    expect(json[0]).toMatchObject({ rows: 8, accuracy: 1 });

    const merged = work.path("merged");
    expect(await work.call("merge", ...both, "--out", merged)).toMatchObject({ code: 0 });
    expect(JSON.parse(await readFile(`${merged}/config.json`, "utf8")).id2label).toEqual({
      "0": "bright",
      "1": "dark",
    });
    const predicted = await work.call("predict", "--model", merged, ...data, "--json");
    expect(
      predicted.json.map(({ prediction }) => prediction),
      predicted.stderr,
    ).toEqual(predicted.json.map(({ label }) => label));
    expect(predicted.json[1]).toMatchObject({ image: work.path("pictures", "bright", "1.jpg"), label: "bright" });
  });

  it("resume after an interruption, only on the same files", async () => {
    const command = ["train", ...vit, "--data", work.path("pictures"), ...targets];
    const long = [...command, "--batch-size", "3", "--steps", "7", "--save-every", "1"];
    await work.call(...long, "--out", work.path("whole"));
    const parts = ["--out", work.path("parts")];
    await interrupted([...long, ...parts], { at: '"step":5,' });
    const rest = await work.call(...long, ...parts, "--resume");
    expect(rest.code, rest.stderr).toBe(0);
    const weights = (name: string) => readFile(work.path(name, "adapter_model.safetensors"));
    expect(await weights("parts")).toEqual(await weights("whole"));

    await cp(work.path("pictures"), work.path("changing"), { recursive: true });
    const changing = [...long, "--data", work.path("changing"), "--out", work.path("changed")];
    await interrupted(changing, { at: '"step":2,' });
    const light = await readFile(work.path("changing/bright/2.png"));
    await writeFile(work.path("changing/dark/2.png"), light);
    const refused = await work.call(...changing, "--resume");
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("rows (as tokens and files)")]);
  });

  it("leave out one that turns out broken during a run, and name it", async () => {
    const folder = work.path("one-broken");
    await cp(work.path("pictures"), folder, { recursive: true });
    const whole = await readFile(work.path("pictures/dark/0.png"));
    for (let index = 10; index < 30; index += 1) await writeFile(`${folder}/dark/${index}.png`, whole);
    await writeFile(`${folder}/dark/12.png`, whole.subarray(0, 60));
    const out = work.path("of-one-broken");
    const quick = ["--batch-size", "4", "--epochs", "2", "--out", out, ...targets];
    const trained = await work.call("train", ...vit, "--data", folder, ...quick);
    expect(trained.code, trained.stderr).toBe(0);
    expect(trained.stderr).toContain(`Cannot read "${folder}/dark/12.png": it is broken`);
    expect(trained.stderr.match(/Skipped/g)).toHaveLength(1);
  });

  it("may be rows of a file next to them, with the same numbers", async () => {
    const names = ["bright/0.png", "dark/1.jpg"];
    const rows = names.map((name) => ({ image: `pictures/${name}`, label: name.split("/")[0] }));
    const listed = work.write("pictures.jsonl", jsonl(rows));
    const table = work.write("pictures.csv", `file,kind\n${names[0]},bright\n${names[1]},dark\n`);
    await cp(work.path("pictures"), work.path("."), { recursive: true });
    const losses: unknown[] = [];
    for (const data of [
      ["--data", listed],
      ["--data", table, "--columns", "image=file,label=kind"],
    ]) {
      const out = work.path(`rows-${losses.length}`);
      const trained = await work.call("train", ...vit, ...data, "--out", out, "--steps", "2", ...targets, "--json");
      expect(trained.code, trained.stderr).toBe(0);
      losses.push(trained.json.flatMap(({ type, loss }) => (type === "step" ? [loss] : [])));
    }
    expect(losses[0]).toHaveLength(2);
    expect(losses[1]).toEqual(losses[0]);
  });

  it("train a regression, too", async () => {
    const rows = [0, 1].map((number) => ({ image: `pictures/bright/${2 * number}.png`, label: number + 0.5 }));
    const data = work.write("numbers.jsonl", jsonl(rows));
    const trained = await work.call(
      ...["train", ...vit, "--data", data, "--out", work.path("numbers"), "--steps", "1", ...targets],
    );
    expect(trained.stdout, trained.stderr).toContain("a number for each row (regression)");
  });
});

describe("pictures that cannot be read", () => {
  const refused = async (data: string, model = vit) =>
    work.call("train", ...model, "--data", data, "--out", work.path("refused"), "--steps", "1", ...targets);

  it("are named, with the next step", async () => {
    await writeFile(work.path("text.png"), "no picture");
    await writeFile(work.path("cut.png"), (await readFile(work.path("pictures/dark/0.png"))).subarray(0, 60));
    for (const [name, reason] of [
      ["text.png", "it is neither PNG nor JPEG"],
      ["cut.png", "it is broken or too large"],
      ["absent.png", "ENOENT"],
    ] as const) {
      const data = work.write("wrong.jsonl", jsonl([{ image: name, label: 0 }]));
      const message = `Cannot read "${work.path(name)}": `;
      const { code, stderr } = await refused(data);
      expect([code, stderr]).toEqual([1, expect.stringContaining(message)]);
      expect(stderr).toContain(reason);
    }
    const odd = work.write("wrong.jsonl", jsonl([{ image: 7, label: 0 }]));
    expect((await refused(odd)).stderr).toContain(
      'expected the name of a PNG or JPEG file for "image", got the number 7',
    );
  });

  it("may have a metadata file for all of them, as ImageFolder has it", async () => {
    const folder = work.path("described");
    await cp(work.path("pictures"), folder, { recursive: true });
    const lines = ["dark/0.png,night", "bright/0.png,day", "dark/2.png,night"];
    await writeFile(work.path("described", "metadata.csv"), `file_name,label\n${lines.join("\n")}\n`);
    const out = work.path("of-metadata");
    const trained = await work.call("train", ...vit, "--data", folder, "--out", out, ...targets, "--steps", "1");
    expect(trained.code, trained.stderr).toBe(0);
    expect(trained.stdout).toContain("2 classes: day, night");
    expect(trained.stdout).toContain("3 rows;");
    const adapted = await work.call("predict", ...vit, "--adapter", out, "--data", folder, "--json");
    expect(adapted.json.map(({ file_name: name }) => name)).toEqual(lines.map((line) => line.split(",")[0]));
  });

  it("are no rows without a class, a preparation, or a model that sees", async () => {
    await mkdir(work.path("unsorted"), { recursive: true });
    await cp(work.path("pictures/dark/0.png"), work.path("unsorted/a.png"));
    expect((await refused(work.path("unsorted"))).stderr).toContain('the image "a.png" is not in a class folder');
    expect((await refused(work.path("vit"))).stderr).toContain("the folder has no images");
    const plain = await refused(work.path("pictures"), ["--model", fixture("vit", "base")]);
    expect(plain.stderr).toContain(
      "has no preprocessor_config.json and no processor_config.json with an image_processor",
    );
    const deaf = await refused(work.path("pictures"), ["--model", fixture("gpt2", "base")]);
    expect([deaf.code, deaf.stderr]).toEqual([1, expect.stringContaining("image-classification")]);
  });
});
