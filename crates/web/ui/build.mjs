// Bundles the scripts and styles into dist/, which the Rust crate embeds.
// `app.css` names its fonts as files with hashed names; `standalone.css` carries them, for the report in one file.
import { build } from "esbuild";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";

const work = "dist.new";
await rm(work, { recursive: true, force: true });
await mkdir(work);

const common = { bundle: true, minify: true, legalComments: "none", target: ["es2022", "chrome120", "firefox121", "safari17.4"] };

await Promise.all([
  build({ ...common, entryPoints: ["src/app.ts"], outfile: `${work}/app.js`, format: "iife" }),
  build({ ...common, entryPoints: ["src/app.css"], outfile: `${work}/app.css`, loader: { ".woff2": "file" }, assetNames: "[name]-[hash]" }),
  build({ ...common, entryPoints: ["src/app.css"], outfile: `${work}/standalone.css`, loader: { ".woff2": "dataurl" } }),
]);

// The notices that the bundled works ask for.
const notices = await Promise.all(
  ["echarts/LICENSE", "echarts/NOTICE", "zrender/LICENSE", "@fontsource-variable/inter/LICENSE", "@fontsource-variable/source-serif-4/LICENSE"].map(
    async (path) => `== ${path}\n\n${await readFile(`node_modules/${path}`, "utf8")}`,
  ),
);
await writeFile(`${work}/licences.txt`, notices.join("\n\n"));

await rm("dist", { recursive: true, force: true });
await rename(work, "dist");
