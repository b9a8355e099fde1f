import { expect, it } from "vitest";
import { differencePage, differencePicture } from "./difference-page.ts";
import { cellOf } from "./heat-map.ts";

const hostile = `</title><script>alert("x")</script>`;
const grid = (...values: readonly number[]) => ({ rows: 2, columns: 2, values: Float64Array.from(values) });
const layer = (path: string) => ({
  path,
  norms: [2, 3] as const,
  distance: 1.5,
  cosine: 0.25,
  similarity: { inputs: grid(1, 0.5, 0.5, 0.75), outputs: grid(0, 0, 0, 0.125) },
});
const compared = (path: string) => ({
  adapters: ["one", hostile] as const,
  difference: {
    layers: [layer(path)],
    saved: [{ key: hostile, distance: 1, relative: Number.NaN }],
    alone: [[], [hostile]] as const,
  },
});

it("shows numbers of every module, and hostile names as text", () => {
  const page = differencePage(compared(`model.layers.0.${hostile}`));
  expect(page).not.toContain("<script");
  expect(page).toContain("&lt;script&gt;");
  for (const text of ["<td>1.5</td>", "<td>0.25</td>", "<td>0.125</td>", "only in the second"])
    expect(page).toContain(text);
  expect(page).toContain("default-src 'none'");
  expect(page).not.toMatch(/(src|href)=/);
});

it("has a square for each i and j, and one of each module, with its value to be read", () => {
  const page = differencePage(compared("model.layers.0.q_proj"));
  expect(page).toContain("<title>2 1: 0.5</title>");
  expect(differencePicture(compared("model.layers.0.q_proj"))).toContain("<title>model.layers.0 q_proj: 0.75</title>");
});

it("leaves a square empty that has no number, and the darkest is the largest", () => {
  const weight = (path: string, relative: number) => ({ path, baseNorm: 1, norm: 1, relative });
  const weights = [weight("h.0.a.weight", 0.5), weight("h.1.a.weight", Number.POSITIVE_INFINITY)];
  const svg = differencePicture({ adapter: "a", base: "b", weights });
  expect(svg.match(/<rect/g)).toHaveLength(1);
  expect(svg).toContain('fill-opacity="1.000"');
});

it.each([
  ["model.layers.10.self_attn.q_proj", "model.layers.10", "self_attn.q_proj"],
  ["score", "–", "score"],
])("%s is in a row of its block", (path, row, column) => {
  expect(cellOf(path)).toEqual({ row, column });
});
