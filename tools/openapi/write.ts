/** `npm run openapi`: writes docs/openapi.json. */

import { writeFileSync } from "node:fs";
import { documentPath, documentText } from "./text.ts";

writeFileSync(documentPath, documentText());
