/* @refresh reload */
import { render } from "solid-js/web";
import { tauri } from "./ipc/tauri";
import { App } from "./shell/App";
import "./styles/index.css";

const glass = document.getElementById("glass");
if (glass) render(() => <App backend={tauri} />, glass);
