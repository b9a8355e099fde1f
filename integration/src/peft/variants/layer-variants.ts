// Layers that are not linear: convolutions, embeddings and raw parameters, in ViT and in the small nets of the fixtures,
// which fixture_nets.py has in torch.

import type { Variant } from "./variant.ts";

const size = { rank: 4, alpha: 8 } as const;
const convolutions = { ...size, targetModules: ["conv1", "conv2", "conv3"] } as const;
const patches = { ...size, targetModules: ["projection", "q_proj"], modulesToSave: ["classifier"] } as const;

/** All of them. */
export const layerVariants: readonly Variant[] = [
  { name: "vit, all linear layers", base: "vit", config: { ...size, targetModules: "all-linear" } },
  { name: "vit, patches as Conv2d", base: "family-features/vit-patches", config: patches },
  {
    name: "vit, patches as Conv2d with DoRA",
    base: "family-features/vit-patches",
    config: { ...patches, useDora: true },
  },
  {
    name: "idefics3, its tower, its connector and its language model",
    base: "family-features/idefics3",
    config: { ...size, targetModules: "all-linear", taskType: "CAUSAL_LM" },
  },
  {
    name: "paligemma, its tower, its connector and its language model",
    base: "family-features/paligemma",
    config: { ...size, targetModules: "all-linear", taskType: "CAUSAL_LM" },
  },
  { name: "Conv2d, the last layer saved", base: "convnet", config: { ...convolutions, modulesToSave: ["fc"] } },
  {
    name: "Conv2d with a bias on B",
    base: "convnet",
    config: { ...size, targetModules: ["conv1", "conv2"], loraBias: true },
  },
  { name: "Conv2d with DoRA", base: "convnet", config: { ...convolutions, useDora: true } },
  { name: "Conv2d with a gaussian start", base: "convnet", config: { ...convolutions, init: "gaussian" } },
  {
    name: "Conv2d in groups",
    base: "family-features/conv-groups",
    config: convolutions,
    isNotMerged: "groups have no product of the shape of the kernel; PEFT refuses, too",
  },
  { name: "Conv1d", base: "line-net", config: { ...size, targetModules: ["conv1", "conv2", "fc"] } },
  { name: "Conv1d with DoRA", base: "line-net", config: { ...size, targetModules: ["conv1", "conv2"], useDora: true } },
  { name: "Embedding", base: "embedding", config: { ...size, targetModules: ["emb", "lin1"] } },
  {
    name: "Embedding with DoRA",
    base: "embedding",
    config: { ...size, targetModules: ["emb", "lin2"], useDora: true },
  },
  {
    name: "experts and a linear map",
    base: "target-parameters",
    config: { ...size, targetModules: ["lin"], targetParameters: ["mlp.experts"] },
  },
  {
    name: "experts and a raw matrix",
    base: "target-parameters",
    config: { ...size, targetModules: [], targetParameters: ["experts", "w2"], init: false },
  },
  {
    name: "experts stored the other way round",
    base: "family-features/experts-transposed",
    config: { rank: 3, alpha: 6, targetModules: ["lin"], targetParameters: ["mlp.experts"] },
  },
];
