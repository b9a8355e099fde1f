import { describe, expect, it } from "vitest";
import { nearNames } from "./explain-unmatched.ts";

const paths = ["h.0.attn.c_attn", "h.0.attn.c_proj", "h.0.mlp.c_fc", "h.0.mlp.c_proj", "wte", "lm_head"];

describe("near names", () => {
  it.each([
    ["c_atn", ["c_attn"]],
    ["C_ATTN", ["c_attn"]],
    ["transformer.h.0.attn.c_porj", ["c_proj"]],
    ["attn", ["c_attn"]],
    ["head", ["lm_head"]],
  ])("%s: %j", (name, near) => {
    expect(nearNames(name, paths)).toEqual(near);
  });

  it("are empty for a name that is similar to none", () => {
    expect(nearNames("query_key_value", paths)).toEqual([]);
    expect(nearNames("x".repeat(10_000), paths)).toEqual([]);
    expect(nearNames("c_attn", [])).toEqual([]);
  });

  it("are transformers 5's name of a module, never one that only resembles its old name", () => {
    expect(nearNames("embed_out", ["gpt_neox.embed_in", "lm_head"])).toEqual(["lm_head"]);
    expect(nearNames("embed_out", ["gpt_neox.embed_in", "score"])).toEqual([]);
  });

  it("are at most three, the nearest first", () => {
    const near = nearNames("c_proj", ["c_proja", "c_prob", "d_prob", "c_proxy", "c_proj1"]);
    expect(near).toHaveLength(3);
    expect(near[0]).toBe("c_proj1");
  });
});
