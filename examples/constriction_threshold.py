"""At which K_eff does metallic zirconium give way to ZrCl2 under lithium? It depends on where the volumes come from."""

from selflimit.phase_diagrams import ConstrainedPhaseDiagram, competing_entries, with_experimental_volumes


def main() -> dict[str, float | None]:
    """Critical K_eff (GPa) at 0 V by volume source; energies are the bundled PBE ones."""
    entries = competing_entries("Li-Zr-Cl")
    sources = {"PBE volumes": entries, "experimental volumes": with_experimental_volumes(entries)}
    return {
        name: ConstrainedPhaseDiagram(found).hull_products("Li2ZrCl6", k_eff=0.0).critical_k_eff
        for name, found in sources.items()
    }


if __name__ == "__main__":
    for name, k_eff in main().items():
        print(f"{name}: {k_eff:.1f} GPa")
