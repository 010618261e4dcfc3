"""Exchanges that instruments belong to."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Exchange(models.Model):
    code = models.SlugField(_("code"), max_length=32, unique=True)
    name = models.CharField(_("name"), max_length=64)
    enabled = models.BooleanField(_("enabled"), default=True)
    announcement_url = models.URLField(_("announcements"), blank=True)

    class Meta:
        verbose_name = _("exchange")
        verbose_name_plural = _("exchanges")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name
