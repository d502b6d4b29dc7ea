// Interactive figures: Plotly is unpacked once, each figure is drawn when it comes into sight.
// Without scripts, or in a browser that cannot unpack, the static picture of the figure stays where it is.
(async () => {
  const packed = document.getElementById("plotly-packed").textContent;
  const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
  const text = await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
  const script = document.createElement("script");
  script.textContent = text;
  document.head.append(script);
  const draw = (figure) => {
    const live = figure.querySelector(".live");
    if (figure.classList.contains("drawn")) return;
    const { data, layout } = JSON.parse(figure.querySelector("script").textContent);
    figure.classList.add("drawn");
    live.hidden = false;
    if (live.clientWidth < 600) layout.annotations = layout.meta.narrow;
    Plotly.newPlot(live, data, layout, { responsive: true, displaylogo: false, displayModeBar: false });
  };
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) draw(entry.target);
  }, { rootMargin: "400px" });
  for (const figure of document.querySelectorAll(".plot")) seen.observe(figure);
  document.documentElement.dataset.plots = "ready";
})();
