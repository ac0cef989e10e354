/** The real backend: the commands of the shell. */

import { invoke } from "@tauri-apps/api/core";
import type { Backend } from "./backend";

export const tauri: Backend = {
  mount: () => invoke("mount"),
  nextFrame: ({ view, mount, revision }) => invoke("next_frame", { view, mount, revision }),
  unmount: ({ view, mount }) => invoke("unmount", { view, mount }),
  painted: ({ view, mount, revision }) => invoke("painted", { view, mount, revision }),
  setGrid: ({ view, mount }, grid) => invoke("set_grid", { view, mount, grid }),
  press: ({ view, mount }, press) => invoke("press", { view, mount, press }),
  go: ({ view, mount }, go) => invoke("go", { view, mount, go }),
  talk: ({ view, mount }, press) => invoke("talk", { view, mount, press }),
  connectionRetry: () => invoke("connection_retry"),
};
