import { build } from "esbuild";
const [root, name] = process.argv.slice(2);
await build({ entryPoints:[root+"/packages/lowrank/src/lowrank.ts"], outfile: root+"/benchmarks/dist/"+name, bundle:true, platform:"node", format:"esm", target:"node20", conditions:["lowrank-source"], external:["@tensorflow/*","koffi","onnxruntime-node","@huggingface/hub"], banner:{js:'import { createRequire as ownRequire } from "node:module"; const require = ownRequire(import.meta.url);'}, logLevel:"error"});
