"""Records of two programmes, and a journal that only grows."""

from django.db import models


class Programme(models.Model):
    name = models.CharField(max_length=20)


class Box(models.Model):
    programme = models.ForeignKey(Programme, on_delete=models.CASCADE)


class Item(models.Model):
    programme = models.ForeignKey(Programme, on_delete=models.CASCADE)
    box = models.ForeignKey(Box, on_delete=models.CASCADE, null=True)
    spare = models.ForeignKey(Box, on_delete=models.SET_NULL, null=True, related_name="+")
    stock = models.IntegerField(default=0)


class Line(models.Model):
    text = models.TextField()
    number = models.IntegerField(default=0)


class Pending(models.Model):
    line = models.ForeignKey(Line, on_delete=models.PROTECT)
