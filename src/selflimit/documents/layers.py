"""A layer between the metal and an electrolyte: what it becomes against either, and a screen of several."""

from typing import Literal

from pydantic import Field

from selflimit.documents.diagrams import VolumeRules
from selflimit.documents.records import Document, LevelOfTheory, Record


class LayerContact(Record):
    """What a layer becomes against metal and electrolyte, at one K_eff."""

    k_eff: float = Field(ge=0, description="Effective bulk modulus K_eff (GPa)")
    metal_energy: float = Field(description="Reaction with the reservoir (eV/atom of the layer), 0: none")
    metal_strain: float = Field(description="Its reaction strain, dimensionless")
    metal_reaction: str = Field(description="Balanced reaction")
    electrolyte_energy: float = Field(
        description="Lowest over all mixtures with the electrolyte, without reservoir: what needs both, beyond what "
        "each releases on its own (eV/atom of the mixture)"
    )
    electrolyte_strain: float = Field(description="Reaction strain of that mixture, dimensionless")
    electrolyte_reaction: str = Field(description="Balanced reaction of that mixture")


class LayerDoc(Document):
    """One layer in front of an electrolyte."""

    formula: str = Field(description="The layer, reduced formula")
    electrolyte: str = Field(description="Reduced formula")
    working_ion: str = Field(description="Element of the reservoir")
    voltage: float = Field(ge=0, description="Voltage of the reservoir (V against the ion's metal)")
    contacts: list[LayerContact] = Field(min_length=1, description="One per K_eff, in the order asked for")
    whole_from: float | None = Field(
        description="K_eff (GPa) from which the layer does not react with the reservoir; None: it does at every one"
    )
    electronic: Literal["no products", "metallic", "not known"] = Field(
        description="Whether products against the reservoir conduct electrons: metals do, of compounds nothing is known"
    )
    conducting: list[str] = Field(description="The metals among the products, at any K_eff")
    rules: VolumeRules = Field(description="Which volumes count")
    level_of_theory: LevelOfTheory = Field(description="Of all energies and volumes")


class UnscreenedLayer(Record):
    """A layer that could not be screened."""

    formula: str = Field(description="As it was given")
    reason: str = Field(description="Why")


class LayerScreenDoc(Document):
    """Layers in the order of what they become: the least reactive first."""

    electrolyte: str = Field(description="Reduced formula")
    working_ion: str = Field(description="Element of the reservoir")
    voltage: float = Field(ge=0, description="Voltage of the reservoir (V against the ion's metal)")
    layers: list[LayerDoc] = Field(description="Best first")
    not_screened: list[UnscreenedLayer] = Field(description="Layers without an answer")
    order: str = Field(description="How they are ranked")
