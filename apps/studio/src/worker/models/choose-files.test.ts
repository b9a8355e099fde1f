import { describe, expect, it } from "vitest";
import { chooseFiles } from "./choose-files.ts";
import { NotAModelError } from "./errors.ts";

/** Files by path, as a folder's <input> or a drop gives them. */
function files(...paths: readonly string[]): readonly File[] {
  return paths.map((path) => {
    const file = new File(["x"], path.slice(path.lastIndexOf("/") + 1));
    return Object.defineProperty(file, "webkitRelativePath", { value: path.includes("/") ? path : "" });
  });
}

describe("chooseFiles", () => {
  it("takes the files next to the config.json that is nested least deeply", () => {
    const chosen = chooseFiles(
      files("mine/onnx/config.json", "mine/config.json", "mine/model.safetensors", "mine/onnx/model.safetensors"),
    );
    expect(chosen).toMatchObject({ kind: "folder", name: "mine" });
    expect(chosen.kind === "folder" && [...chosen.files.values()].map((file) => file.webkitRelativePath)).toEqual([
      "mine/config.json",
      "mine/model.safetensors",
    ]);
  });

  it("finds the only weights under any name", () => {
    const chosen = chooseFiles(files("config.json", "llama-pirate.safetensors", "tokenizer.json"));
    expect(chosen.kind === "folder" && [...chosen.files.keys()]).toEqual([
      "config.json",
      "model.safetensors",
      "tokenizer.json",
    ]);
  });

  it("keeps shards under the names in their index", () => {
    const names = ["config.json", "model.safetensors.index.json", "model-00001-of-00001.safetensors"];
    const chosen = chooseFiles(files(...names));
    expect(chosen.kind === "folder" && [...chosen.files.keys()]).toEqual(names);
  });

  it("takes a .gguf file alone", () => {
    expect(chooseFiles(files("pirate.gguf"))).toMatchObject({ kind: "gguf", name: "pirate" });
  });

  it.each([
    [[], /no files/],
    [["photo.jpg"], /"photo\.jpg" is no model/],
    [["a.txt", "b.txt"], /None of these files/],
    [["model.safetensors"], /its config\.json is missing/],
    [["config.json"], /no \.safetensors file next to it/],
    [["adapter_config.json", "adapter_model.safetensors"], /an adapter, not a model/],
    [["model.zip"], /unpack it/],
    [["a.gguf", "b.gguf"], /Choose one/],
  ] as const)("refuses %j and names its kind", (names, words) => {
    expect(() => chooseFiles(files(...names))).toThrow(NotAModelError);
    expect(() => chooseFiles(files(...names))).toThrow(words);
  });
});
