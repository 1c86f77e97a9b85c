// Express parses the body and answers a fixed card: what Node does without a framework for CDS Hooks.
import express from "express";

const card = { summary: "The order was received", indicator: "info", source: { label: "Nobody" } };
const app = express();
app.use(express.json({ limit: "32mb" }));
app.post("/cds-services/sarcoma-pathway", (request, response) => {
  response.json({ cards: [card] });
});
app.listen(Number(process.argv[2]), "127.0.0.1");
