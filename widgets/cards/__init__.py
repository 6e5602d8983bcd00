"""Cards of the first run and of the Agents page: templates, agents, models, connections."""

from widgets.cards.connection import ConnectionDraft, ConnectionForm
from widgets.cards.downloads import DeviceModel, DeviceModels, DownloadState, progress_words, size_words, time_words
from widgets.cards.gallery import TemplateGallery
from widgets.cards.grid import CardGrid
from widgets.cards.models import ModelCards
from widgets.cards.templates import AgentCards, CardInfo, InfoCard, TemplateCards

__all__ = [
    "AgentCards",
    "CardGrid",
    "CardInfo",
    "ConnectionDraft",
    "ConnectionForm",
    "DeviceModel",
    "DeviceModels",
    "DownloadState",
    "InfoCard",
    "ModelCards",
    "TemplateCards",
    "TemplateGallery",
    "progress_words",
    "size_words",
    "time_words",
]
