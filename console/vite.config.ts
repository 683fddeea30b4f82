// The console is compiled from its own sources and the client's: nothing has to be built before it.
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

const client = (file: string): string => fileURLToPath(new URL(`../sdk/typescript/src/${file}`, import.meta.url));

/** Where a server is that `npm run dev` shows. */
const server = process.env["HOLDFAST_SERVER"] ?? "http://127.0.0.1:7420";
// The server refuses pages of other origins, and to it this one is none.
const passed = { target: server, changeOrigin: true, ws: true, headers: { origin: server } };

/**
 * uPlot hangs everything that it can draw onto itself, so that nothing of it can be left out by itself. These are kinds of
 * lines that no chart here has; without them it is two kilobytes less.
 */
const spareUnusedPaths: Plugin = {
  name: "spare-unused-paths",
  transform(code, id) {
    if (!id.endsWith("/uPlot.esm.js")) return undefined;
    const spared = code.replace(/^\t\(paths\.(stepped|bars|spline) +=.*\n/gm, "").replace(/^uPlot\.(rangeLog|rangeAsinh|orient) +=.*\n/gm, "").replace(/^\tuPlot\.(join|tzDate|addGap|clipGaps) +=.*\n/gm, "");
    if (code.length - spared.length < 200) this.error("uPlot has changed: look what of it can be left out now");
    return { code: spared, map: null };
  },
};

export default defineConfig({
  plugins: [spareUnusedPaths],
  resolve: {
    alias: [
      { find: /^@holdfast\/client$/, replacement: client("index.ts") },
      { find: /^@holdfast\/client\/leases$/, replacement: client("leases.ts") },
      { find: /^@holdfast\/client\/operator$/, replacement: client("operator.ts") },
      { find: /^@holdfast\/client\/codemirror$/, replacement: client("codemirror.ts") },
    ],
    dedupe: ["@codemirror/state", "@codemirror/view"], // Two copies of one would not know each other's classes.
  },
  // h() is what Preact itself has; the automatic form would bring a second one.
  esbuild: { jsx: "transform", jsxFactory: "h", jsxFragment: "Fragment", jsxInject: `import { h, Fragment } from "preact"`, legalComments: "none" },
  build: {
    target: "es2022",
    minify: "terser", // Two kilobytes less than what esbuild leaves. Getters are not pure: reading a signal is how one listens to it.
    terserOptions: { module: true, ecma: 2020, compress: { passes: 4, unsafe_arrows: true, keep_fargs: false, inline: 1 }, format: { comments: false } },
    assetsInlineLimit: 0, // Nothing as data: or inline; the policy of the page refuses both.
    modulePreload: false, // The list of what each page takes would be in every page.
    manifest: true,
    reportCompressedSize: false,
  },
  server: {
    host: "127.0.0.1",
    proxy: { "/v1": passed, "/api": passed, "/metrics": passed, "/readyz": passed, "/livez": passed },
  },
});
