/** /docs: the REST API as /openapi.json describes it. A page of its own, not part of the app. */
import "swagger-ui-dist/swagger-ui.css";
import "./docs.css";

import SwaggerUIBundle from "swagger-ui-dist/swagger-ui-es-bundle.js";

const chosen = document.documentElement.dataset["theme"];
const dark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
document.documentElement.classList.toggle("dark-mode", dark);

SwaggerUIBundle({
  dom_id: "#docs",
  url: "/openapi.json",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  tryItOutEnabled: false,
  // Would send the description to a validator on another host.
  validatorUrl: null,
});
