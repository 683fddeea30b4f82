import { render } from "preact";
import { recordFigures } from "./server/figures.js";
import { App, loadTheRest } from "./shell/app.js";
import "./shell/shell.css";

const place = document.getElementById("page");
if (place) {
  place.textContent = "";
  render(<App />, place);
  recordFigures();
  loadTheRest();
}
